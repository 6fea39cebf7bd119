export { seededRandom, shuffled } from './seeded-random.js';
