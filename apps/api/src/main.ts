import { readApiSettings } from '@fedamole/config';
import { runService } from '@fedamole/services';
import { startApi } from './application.js';

await runService('api', readApiSettings, startApi);
