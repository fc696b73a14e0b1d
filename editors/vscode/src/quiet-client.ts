// A language client that writes its errors into the output and opens no message
// of its own: what the user must know, the session says once, with a way out.

import { LanguageClient } from "vscode-languageclient/node";

export class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}
