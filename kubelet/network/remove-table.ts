import { runProgram } from './run-program';

/** No such table of nftables is left. Where the machine lacks the program, there is none. Throws ProgramError. */
export async function removeTable(table: string): Promise<void> {
  const canBeThere = await runProgram('nft', ['list', 'tables']).then(
    () => true,
    () => false,
  );
  if (canBeThere) await runProgram('nft', ['-f', '-'], `add table ip ${table}\ndelete table ip ${table}\n`);
}
