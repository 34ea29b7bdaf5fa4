// The numbers of a memory plan that a comparison shows.
import { lastEvent } from '../program/events.ts';
import { UserError } from '../support/errors.ts';

// The memory of a training, in bytes; the state is that of the ternary matrices.
export interface PlanNumbers {
  ternary_weights: number;
  float_parameters: number;
  weight_state_bytes: number;
  activation_bytes: number;
  gradient_bytes: number;
  arena_bytes: number;
}

// The numbers of the plan that a training printed; throws when one is missing.
export function planNumbers(output: string): PlanNumbers {
  const plan = lastEvent(output, 'plan');
  const number = (name: Exclude<keyof PlanNumbers, 'gradient_bytes'>): number => {
    const value = plan?.[name];
    if (value !== undefined) return value;
    throw new UserError(`the program's memory plan has no ${name}`);
  };
  const gradients = plan?.items.filter(({ name }) => name === 'gradients') ?? [];
  return {
    ternary_weights: number('ternary_weights'),
    float_parameters: number('float_parameters'),
    weight_state_bytes: number('weight_state_bytes'),
    activation_bytes: number('activation_bytes'),
    gradient_bytes: gradients.reduce((sum, { bytes }) => sum + bytes, 0),
    arena_bytes: number('arena_bytes'),
  };
}
