import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { load } from './support/source.mjs';

const { pauseBefore } = await load('backoff.ts');

describe('the pause before a retry', () => {
  const backoff = { delay: 1000, delayMax: 5000, randomizationFactor: 0.5 };

  it('doubles up to its maximum', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 5000].map((retry) => pauseBefore(retry, backoff, 0.5)), [1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it('strays by the factor, to both sides, and never beyond the maximum', () => {
    assert.equal(pauseBefore(0, backoff, 0), 500);
    assert.equal(pauseBefore(0, backoff, 0.999999).toFixed(), '1500');
    assert.equal(pauseBefore(9, backoff, 0.999999), 5000);
  });

  it('is never negative', () => {
    assert.equal(pauseBefore(0, { ...backoff, randomizationFactor: 9 }, 0), 0);
  });
});
