/**
 * How often each caller may ask: a bucket of as many tokens as a minute allows, which fills up steadily. A burst is answered, a
 * steady flow above the rate is not. Each replica of the API counts for itself.
 */
interface Bucket {
  tokens: number;
  /** Milliseconds, by the clock that the limit is asked with. */
  filledAt: number;
}

/** From this number on, buckets are looked through for full ones, which say no more than none would. */
const manyBuckets = 10_000;

export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();
  private readonly perMillisecond: number;
  /** Number of buckets at the next look: twice what was left by the last, so that looking costs little per request. */
  private nextLook = manyBuckets;

  constructor(readonly perMinute: number) {
    this.perMillisecond = perMinute / 60_000;
  }

  /** 0 where the request may be answered, else the whole seconds after which one may be. `now` is in milliseconds. */
  take(who: string, now: number): number {
    const bucket = this.fill(this.buckets.get(who) ?? { tokens: this.perMinute, filledAt: now }, now);
    if (this.buckets.size >= this.nextLook) this.forgetFull(now);
    this.buckets.set(who, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.perMillisecond / 1000);
    bucket.tokens -= 1;
    return 0;
  }

  private fill({ tokens, filledAt }: Bucket, now: number): Bucket {
    return { tokens: Math.min(this.perMinute, tokens + (now - filledAt) * this.perMillisecond), filledAt: now };
  }

  private forgetFull(now: number): void {
    for (const [who, bucket] of this.buckets) {
      if (this.fill(bucket, now).tokens === this.perMinute) this.buckets.delete(who);
    }
    this.nextLook = Math.max(manyBuckets, 2 * this.buckets.size);
  }
}
