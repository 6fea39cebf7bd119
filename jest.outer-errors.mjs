/**
 * Jest runs suites in a realm of its own. Amazon's client tells errors of the network from other values by `instanceof`, and
 * Node makes them of the outer realm's constructor: without sharing it, the client would try nothing again.
 */
import Environment from './jest.environment.mjs';

export default class OuterErrors extends Environment {
  constructor(config, context) {
    super(config, context);
    this.global.Error = Error;
  }
}
