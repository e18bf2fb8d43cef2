/** Whatever asks Paystack. For it Node loads its classes of requests, which takes 15 to 20 ms. */
export { testConnection } from './check.ts';
export { planSync } from './plan.ts';
export { run } from './run.ts';
