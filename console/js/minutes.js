// What happened in each minute of the last hour, in little memory: counts, and times from offer to claim in buckets of 5 %.

const MINUTE = 60000;
export const SPAN = 60;
const STEP = Math.log(1.05);

/** How often something took how long. */
export class Histogram {
  constructor() {
    this.buckets = new Map();
    this.count = 0;
  }

  add(ms) {
    const bucket = Math.round(Math.log(Math.max(ms, 0.5)) / STEP);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
    this.count += 1;
  }

  join(other) {
    for (const [bucket, number] of other.buckets) this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + number);
    this.count += other.count;
  }

  /** In ms; null without any. */
  percentile(share) {
    let left = Math.ceil(this.count * share);
    for (const bucket of [...this.buckets.keys()].sort((one, other) => one - other)) {
      left -= this.buckets.get(bucket);
      if (left <= 0) return Math.exp(bucket * STEP);
    }
    return null;
  }
}

function empty(minute) {
  return { minute, offers: 0, claimed: 0, timeout: 0, hangup: 0, declined: 0, withdrawn: 0, times: new Histogram() };
}

export class Minutes {
  constructor() {
    this.began = Date.now();
    this.all = new Map();
  }

  count(what, ms = null) {
    const minute = Math.floor(Date.now() / MINUTE);
    if (!this.all.has(minute)) {
      this.all.set(minute, empty(minute));
      for (const old of this.all.keys()) if (old <= minute - SPAN) this.all.delete(old);
    }
    const now = this.all.get(minute);
    if (what in now) now[what] += 1;
    if (ms !== null) now.times.add(Math.max(0, ms));
  }

  /** The last minutes, the running one last. */
  last(number = SPAN) {
    const minute = Math.floor(Date.now() / MINUTE);
    return Array.from({ length: number }, (_, index) => {
      const wanted = minute - number + 1 + index;
      return this.all.get(wanted) ?? empty(wanted);
    });
  }

  /** The sum of some minutes. */
  static sum(minutes) {
    const sum = empty(0);
    for (const one of minutes) {
      for (const what of ['offers', 'claimed', 'timeout', 'hangup', 'declined', 'withdrawn']) sum[what] += one[what];
      sum.times.join(one.times);
    }
    return sum;
  }
}

/** Offers of a minute that ended without a winner. Who withdraws a call wants it so. */
export function missed(minute) {
  return minute.timeout + minute.hangup + minute.declined;
}
