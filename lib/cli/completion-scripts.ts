/**
 * Completion scripts. Each hands the words up to the cursor to `proa __complete` and reads lines `VALUE\tDESCRIPTION`;
 * `:file` and `:dir` mean the shell's own paths (completion.ts).
 */
import { ProaError } from '../core/error.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script for one shell. Throws ProaError UNKNOWN_SHELL. */
export function completionScript(shell: Shell): string {
  const script = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL }[shell];
  if (script !== undefined) return script;
  throw new ProaError('UNKNOWN_SHELL', `completion script: ${shell}: no such shell`, {
    hint: `Use one of ${SHELLS.join(', ')}`,
  });
}

// Bash breaks words at '=' and ':' too (COMP_WORDBREAKS), so the line is split anew, and the part of the current word
// that bash believes to be another word is taken off each candidate.
const BASH = `# bash completion for proa: source this file, or put it into
# /usr/share/bash-completion/completions/proa
_proa() {
  local line="\${COMP_LINE:0:COMP_POINT}" candidate typed path
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current="\${words[\${#words[@]}-1]}"
  local before="\${current%"\${current##*[:=]}"}"
  typed="\${current#"$before"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    case $candidate in
      :file | :dir)
        compopt -o filenames 2> /dev/null
        while IFS= read -r path; do COMPREPLY+=("$path"); done \\
          < <(if [[ $candidate == :dir ]]; then compgen -d -- "$typed"; else compgen -f -- "$typed"; fi)
        ;;
      *)
        candidate="\${candidate%%$'\\t'*}"
        # What ends so is to be gone on with.
        [[ $candidate == *[:=] ]] && compopt -o nospace 2> /dev/null
        COMPREPLY+=("\${candidate#"$before"}")
        ;;
    esac
  done < <(proa __complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -F _proa proa
`;

const ZSH = `#compdef proa
# zsh completion for proa: put this file as _proa into a folder of $fpath, or source it
_proa() {
  local line value
  local -a candidates unfinished
  for line in "\${(@f)$(proa __complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}"; do
    case $line in
      '') ;;
      :file) compset -P '--[^=]#='; _files ;;
      :dir) compset -P '--[^=]#='; _files -/ ;;
      *)
        value="\${\${line%%$'\\t'*}//:/\\\\:}"
        [[ $line == *$'\\t'* ]] && value+=":\${line#*$'\\t'}"
        # What ends so is to be gone on with.
        if [[ \${line%%$'\\t'*} == *[:=] ]]; then unfinished+=("$value"); else candidates+=("$value"); fi
        ;;
    esac
  done
  (( $#candidates )) && _describe proa candidates
  (( $#unfinished )) && _describe proa unfinished -S ''
}
if [[ $funcstack[1] == _proa ]]; then _proa "$@"; else compdef _proa proa; fi
`;

const FISH = `# fish completion for proa: put this file into ~/.config/fish/completions/proa.fish
function __proa_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  # A path behind --option= is completed without it, and offered with it.
  set -l option (string match -r -- '^--[^=]+=' "$current")
  set -l path (string replace -r -- '^--[^=]+=' '' "$current")
  set -e words[1]
  for line in (proa __complete -- $words "$current" 2> /dev/null)
    switch $line
      case ':file'
        printf '%s\\n' "$option"(__fish_complete_path "$path")
      case ':dir'
        printf '%s\\n' "$option"(__fish_complete_directories "$path")
      case '*'
        echo $line
    end
  end
end
complete -c proa -f -a '(__proa_complete)'
`;

const POWERSHELL = `# PowerShell completion for proa: dot-source this file from $PROFILE
Register-ArgumentCompleter -Native -CommandName proa -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  # Before 7.3, PowerShell drops an empty argument unless it is quoted twice.
  $current = if ($wordToComplete -eq '' -and $PSVersionTable.PSVersion -lt [version]'7.3') { '""' } else { $wordToComplete }
  foreach ($line in (& proa __complete -- @words $current 2> $null)) {
    if ($line -eq ':file' -or $line -eq ':dir') {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
      continue
    }
    $value, $text = $line -split "\`t", 2
    if (-not $text) { $text = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
  }
}
`;
