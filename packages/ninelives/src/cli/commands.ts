import type { Command } from 'commander';
import type { CommandContext } from './table/flags.js';
import { addGateway } from './table/gateway.js';
import { addLayers } from './table/layers.js';
import { addLooking } from './table/looking.js';
import { addExport, addInstalling, addOperating } from './table/operating.js';
import { addNotify } from './table/paging.js';
import { addDemo, addDrill } from './table/proving.js';
import { addRehearse } from './table/rehearse.js';
import { addResident } from './table/resident.js';
import { addPrometheus, addTelling } from './table/telling.js';

/** The command table, in the order of the help. Flags are read in `table/`, the work is in `commands/`. */
export function addCommands(program: Command, context: CommandContext): void {
  addResident(program, context);
  addLooking(program, context);
  addLayers(program, context);
  addTelling(program, context);
  addNotify(program, context);
  addDrill(program, context);
  addRehearse(program, context);
  addOperating(program, context);
  addInstalling(program, context);
  addExport(program, context);
  addGateway(program, context);
  addPrometheus(program, context);
  addDemo(program, context);
}
