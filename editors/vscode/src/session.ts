// The life of the language server in one window: found, started, restarted after
// a crash or a change of settings, stopped. At most one server runs at a time.

import { workspace, type LogOutputChannel, type Uri } from "vscode";
import { CloseAction, ErrorAction, type CloseHandlerResult, type LanguageClient } from "vscode-languageclient/node";
import { Crashes } from "./crashes";
import { locate } from "./locate";
import * as notices from "./notices";
import { QuietClient } from "./quiet-client";
import { surroundings } from "./surroundings";

export class Session {
  private client: LanguageClient | undefined;
  private readonly crashes = new Crashes();
  /** Starts and stops, one after the other, so that they never overlap. */
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly extension: Uri,
    private readonly output: LogOutputChannel,
  ) {}

  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  restart(): Promise<void> {
    this.crashes.forget();
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.last = this.last.then(work, work);
    return this.last;
  }

  private async startNow(): Promise<void> {
    const found = locate(surroundings(this.extension));
    if (found.kind !== "found") {
      this.output.error(found.kind === "missing" ? "flowc was not found" : `cannot run ${found.path}`);
      void notices.serverNotFound(found, this.extension);
      return;
    }
    this.output.info(`starting ${found.command} lsp`);
    const client = this.connect(found.command);
    try {
      await client.start();
      this.client = client;
    } catch (error) {
      this.output.error(`${found.command} lsp: ${error instanceof Error ? error.message : String(error)}`);
      void notices.serverDidNotStart(found.command);
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) await client.stop();
    await client?.dispose();
  }

  private connect(command: string): LanguageClient {
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const cwd = folder?.scheme === "file" ? { options: { cwd: folder.fsPath } } : {};
    return new QuietClient(
      "flow",
      "Flow",
      { command, args: ["lsp"], ...cwd },
      {
        documentSelector: [
          { language: "flow", scheme: "file" },
          { language: "flow", scheme: "untitled" },
        ],
        outputChannel: this.output,
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => this.closed(),
        },
      },
    );
  }

  /** The connection ended although nobody asked for it. */
  private closed(): CloseHandlerResult {
    if (this.client === undefined) {
      return { action: CloseAction.DoNotRestart, message: "The server ended while it was starting.", handled: true };
    }
    if (this.crashes.mayRestart(Date.now())) {
      if (this.crashes.recent === 1) void notices.serverCrashed();
      return { action: CloseAction.Restart, message: "The server crashed; starting it again.", handled: true };
    }
    void notices.serverGaveUp();
    return { action: CloseAction.DoNotRestart, message: "The server keeps crashing; giving up.", handled: true };
  }
}
