/** The word by which the shell asks the program for candidates; the words of the line follow. */
export const COMPLETE = '__complete';

export type Shell = 'bash' | 'zsh' | 'fish';
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

const SCRIPTS: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `# kubectl-lite: put "source <(${program} completion bash)" into ~/.bashrc
_kubectl_lite() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _kubectl_lite kubectl-lite
`,
  zsh: (program) => `#compdef kubectl-lite
# kubectl-lite: put "source <(${program} completion zsh)" into ~/.zshrc
_kubectl_lite() {
  local -a found
  found=("\${(@f)$("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "\${found[1]}" ]] && compadd -- "\${found[@]}" || _files
}
compdef _kubectl_lite kubectl-lite
`,
  fish: (program) => `# kubectl-lite: put "${program} completion fish | source" into ~/.config/fish/config.fish
function __kubectl_lite
  set -l words (commandline -opc)
  $words[1] ${COMPLETE} $words[2..] (commandline -ct) 2>/dev/null
end
complete -c kubectl-lite -a '(__kubectl_lite)'
`,
};

/** What the shell has to read for kubectl-lite to complete words. `program`: how it is called. */
export const scriptFor = (shell: Shell, program: string): string => SCRIPTS[shell](program);
