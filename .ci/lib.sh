# Shared by the scripts of this folder.

# command_from_readme PREFIX: the first line of a fenced block of README.md that starts with PREFIX. CI runs what the
# reader is told to run, and not a copy of it that could drift.
command_from_readme() {
    local line
    line=$(awk -v prefix="$1" '
        /^ *```/ { fenced = !fenced; next }
        fenced { sub(/^[ \t]*(\$ )?/, ""); if (index($0, prefix) == 1) { sub(/[ \t]+#.*$/, ""); print; exit } }
    ' README.md)
    if [ -z "$line" ]; then
        echo "README.md has no fenced command that starts with: $1" >&2
        return 1
    fi
    printf '%s\n' "$line"
}

# step NAME COMMAND...: runs it under a headline with its seconds, and ends the script where it fails.
step() {
    local name=$1 start=$SECONDS
    shift
    echo "==> $name"
    if "$@"; then
        echo "<== $name: ok, $((SECONDS - start)) s"
    else
        echo "<== $name: FAILED, $((SECONDS - start)) s"
        echo "ci: FAILED at '$name' after $SECONDS s"
        exit 1
    fi
}

# have PROGRAM...: whether all of them can be run.
have() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || return 1
    done
}
