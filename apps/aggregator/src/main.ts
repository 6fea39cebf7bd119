import { readAggregatorSettings } from '@fedamole/config';
import { runService } from '@fedamole/services';
import { startAggregator } from './aggregator.js';

await runService('aggregator', readAggregatorSettings, startAggregator);
