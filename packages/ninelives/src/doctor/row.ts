/** One precondition: what was read, what it means here, and the exact fix where something must change. */
export interface DoctorRow {
  id: string;
  level: 'ok' | 'warn' | 'fail';
  read: string;
  means: string;
  /** What to type or hand to an admin; null when nothing is to be done. */
  fix: string | null;
}
