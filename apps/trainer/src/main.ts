import { readTrainerSettings } from '@fedamole/config';
import { runService } from '@fedamole/services';
import { startTrainer } from './trainer.js';

await runService('trainer', readTrainerSettings, startTrainer);
