/** The word by which the shell asks the program for candidates; the words of the line follow. */
export const COMPLETE = '__complete';

export type Shell = 'bash' | 'zsh';
export const SHELLS: readonly Shell[] = ['bash', 'zsh'];

/** What the shell has to read for kubectl-lite to complete words. `program`: how it is called. */
export const scriptFor = (shell: Shell, program: string): string =>
  shell === 'bash'
    ? `# kubectl-lite: put "source <(${program} completion bash)" into ~/.bashrc
_kubectl_lite() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _kubectl_lite kubectl-lite
`
    : `#compdef kubectl-lite
# kubectl-lite: put "source <(${program} completion zsh)" into ~/.zshrc
_kubectl_lite() {
  local -a found
  found=("\${(@f)$("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "\${found[1]}" ]] && compadd -- "\${found[@]}" || _files
}
compdef _kubectl_lite kubectl-lite
`;
