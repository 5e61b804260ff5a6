/** What a container's health checks found last. */
import type { Container } from '../../storage/containers.ts';

export type HealthStatus = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** `none` without a health check; `starting` until its first result. */
export function healthStatus({ config, state }: Container): HealthStatus {
  const test = config.healthcheck?.Test;
  if (test === undefined || test.length === 0 || test[0] === 'NONE') return 'none';
  const { health } = state as { health?: { status?: HealthStatus } };
  return health?.status ?? 'starting';
}
