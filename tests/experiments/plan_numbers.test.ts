import { describe, expect, it } from 'vitest';
import { planNumbers } from '../../ts/experiments/plan_numbers.ts';

const plan = {
  event: 'plan',
  items: [
    { name: 'gradients', bytes: 40 },
    { name: 'gradients', bytes: 8 },
    { name: 'weights', bytes: 2 },
  ],
  ...{ arena_bytes: 50, process_bytes: 1, total_bytes: 51, ram_bytes: 99 },
  ...{ ternary_weights: 10, float_parameters: 3, weight_state_bytes: 20, activation_bytes: 5 },
};

describe('planNumbers', () => {
  it('when a plan is printed, then its gradients are added up', () => {
    expect(planNumbers(`begin\n${JSON.stringify(plan)}\n`)).toEqual({
      ...{ ternary_weights: 10, float_parameters: 3, weight_state_bytes: 20 },
      ...{ activation_bytes: 5, gradient_bytes: 48, arena_bytes: 50 },
    });
  });

  it('when a number is missing, then the error names it', () => {
    const { weight_state_bytes: _, ...rest } = plan;
    expect(() => planNumbers(JSON.stringify(rest))).toThrow('no weight_state_bytes');
  });
});
