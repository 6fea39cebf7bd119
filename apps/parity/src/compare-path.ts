/** Tells by its contents what kind of fixture a path is. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { compareAssignments } from './assignment.js';
import type { Comparison } from './comparison.js';
import { compareFamily } from './family.js';
import { compareFederation } from './federation.js';
import { compareMole } from './mole.js';
import { comparePeft } from './peft.js';
import { readJson } from './reference.js';
import { compareRougeL } from './rouge-l.js';

const listOf = (field: string) =>
  z.array(z.looseObject({ [field]: z.unknown() }).refine((item) => field in item)).min(1);

/** Compares what lies at `path` with the product. Throws where it is no fixture of a known kind, or where a part was not compared. */
export async function comparePath(path: string): Promise<Comparison[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Error(`${path}: no such file or folder`);
  const contents = await readJson(found.isDirectory() ? join(path, 'reference.json') : path);
  if (found.isDirectory()) {
    if (z.looseObject({ targets: z.array(z.string()) }).safeParse(contents).success) return compareFamily(path);
    if (z.looseObject({ peftBaseModel: z.string() }).safeParse(contents).success) return comparePeft(path);
    if (z.looseObject({ top_k: z.number() }).safeParse(contents).success) return compareMole(path);
    if (z.looseObject({ log: z.array(z.unknown()) }).safeParse(contents).success) return compareFederation(path);
  } else {
    if (listOf('f1').safeParse(contents).success) return compareRougeL(path);
    if (listOf('logits').safeParse(contents).success) return compareAssignments(path);
  }
  throw new Error(
    `${path}: neither a model family, nor a LoRA of PEFT, MoLE modules, a federation, assignments or ROUGE-L pairs`,
  );
}
