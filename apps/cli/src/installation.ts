/** Where this program's own repository lies, and what is in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');
export const exampleClients = join(root, 'examples', 'quickstart', 'clients');
export const exampleModel = join(root, 'examples', 'quickstart', 'model');
export const defaultStateFolder = join(root, '.fedamole', 'quickstart');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
export const version = manifest.version;
