import { describe, expect, it } from '@jest/globals';
import { S3Server } from '@fedamole/artifacts/fixtures';
import { tmpdir } from 'node:os';
import { observedArtifacts } from './artifact-metrics.js';
import { Metrics } from './metrics.js';

const free = /^fedamole_artifacts_free_bytes (\d+)$/m;

describe('what a process tells of its artifacts', () => {
  it("says how much room a folder's disk has", async () => {
    const metrics = new Metrics();
    await observedArtifacts(metrics, { kind: 'folder', folder: tmpdir() });
    expect(Number(free.exec(await metrics.text())?.[1])).toBeGreaterThan(0);
  });

  it('says nothing of the room of a bucket, instead of that it has none', async () => {
    const server = new S3Server();
    try {
      await server.start();
      const metrics = new Metrics();
      const { artifacts } = await observedArtifacts(metrics, server.place());
      await artifacts.get(await artifacts.put(new Uint8Array(10)));
      const text = await metrics.text();
      expect(text).not.toMatch(free);
      expect(text).toContain('fedamole_metrics_source_up{source="artifacts"} 1');
      expect(text).toContain('fedamole_artifact_bytes_total{direction="read"} 10');
      expect(text).toContain('fedamole_artifact_bytes_total{direction="written"} 10');
      await server.stop();
      expect(await metrics.text()).toContain('fedamole_metrics_source_up{source="artifacts"} 0');
    } finally {
      await server.remove();
    }
  });
});
