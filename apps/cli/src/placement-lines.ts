/** What a follower is told of jobs that no live trainer can run: each once, and once more when it is placed. */
import type { Progress } from './resources.js';

export class PlacementLines {
  private unplaced = new Map<string, string>();

  of({ clients }: Pick<Progress, 'clients'>): string[] {
    const now = new Map(
      clients.flatMap(({ client, unplaced }) => (unplaced === null ? [] : [[client, unplaced] as const])),
    );
    const lines = [
      ...[...now].flatMap(([client, reason]) =>
        this.unplaced.get(client) === reason ? [] : [`${client} waits for a trainer: ${reason}`],
      ),
      ...[...this.unplaced.keys()].flatMap((client) =>
        now.has(client) ? [] : [`${client} waits for no trainer any more`],
      ),
    ];
    this.unplaced = now;
    return lines;
  }
}
