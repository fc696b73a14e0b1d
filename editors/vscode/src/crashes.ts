// Decides whether a server that ended by itself is started again: one that keeps
// crashing is left alone, so that it neither eats the machine nor floods the user.

const LIMIT = 4;
const WINDOW_MS = 3 * 60 * 1000;

export class Crashes {
  private times: number[] = [];

  /** Notes a crash; false when there were too many in a short time. */
  mayRestart(now: number): boolean {
    this.times = [...this.times.filter((time) => now - time < WINDOW_MS), now];
    return this.times.length <= LIMIT;
  }

  /** How many there were lately: a burst is worth one message. */
  get recent(): number {
    return this.times.length;
  }

  forget(): void {
    this.times = [];
  }
}
