/** A turn of ours with ONNX Runtime's profile of it, form by form. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkContext } from './benchmark.js';
import type { Contender } from './contender.js';
import { ourPrecisions, type OurForm } from './our-forms.js';
import { profileTable, sumProfile, type SessionProfile } from './profile.js';

/** Opens a contender with one session, whose engine is to write its profile to `profile`. */
type OpenProfiled = (form: OurForm, profile: string) => Promise<Contender>;

/** Shows a table for every form of ours, or for the one that the options name; a turn is `runs` runs of its session. */
export async function sayProfiles({ options, say }: BenchmarkContext, runs: number, open: OpenProfiled): Promise<void> {
  for (const { name, form } of ourPrecisions) {
    if (options.form !== null && options.form !== name) continue;
    say(`\n${name}`);
    say(profileTable(await profiledTurn(runs, (profile) => open(form, profile))));
  }
}

/** Two turns: the first warms up. */
async function profiledTurn(runs: number, open: (profile: string) => Promise<Contender>): Promise<SessionProfile> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'));
  try {
    const contender = await open(join(folder, 'profile'));
    await contender.measure();
    await contender.measure();
    await contender.close();
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('ONNX Runtime wrote no profile');
    return sumProfile(await readFile(join(folder, file), 'utf8'), runs);
  } finally {
    await rm(folder, { recursive: true });
  }
}
