/** Where the repository's parts lie, and where benchmarks keep what they write. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const quickstart = join(root, 'examples', 'quickstart');
export const rivals = join(root, 'bench', 'rivals');
/** Models, the rivals' virtual environment, compiled forms and logs; may be deleted at any time. */
export const state = join(root, '.fedamole', 'bench');
