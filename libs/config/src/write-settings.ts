/** `node libs/config/dist/write-settings.js`: writes docs/settings.md. */
import { writeFileSync } from 'node:fs';
import { settingsDocument } from './settings-document.js';

writeFileSync(new URL('../../../docs/settings.md', import.meta.url), settingsDocument());
