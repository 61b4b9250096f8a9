# Environments of tox side by side; sourced by run. $work is a folder for their outputs.

# options ENVIRONMENT: what its pytest gets besides.
declare -A options=()

# one ENVIRONMENT, or a folder of tests, which are run in the main job's environment: da4ml is
# compiled for that already.
one() {
    # shellcheck disable=SC2086 # several options are several words
    case "$1" in
        tests/*) tox exec -e open -- pytest "$1" ${options[$1]:-} ;;
        *) tox run -e "$1" -- ${options[$1]:-} ;;
    esac
}

# in_turn NAME...: one after the other, each with its output printed in one piece at its end.
in_turn() {
    local name log status=0
    for name in "$@"; do
        log="$work/${name//\//-}.log"
        if ! one "$name" >"$log" 2>&1; then
            echo "$name" >>"$work/failed"
            status=1
        fi
        flock "$work/printing" cat "$log"
    done
    return "$status"
}

# side_by_side "NAME..."...: each argument is a lane; ends the run where one fails.
side_by_side() {
    local lane
    local -a lanes=()
    for lane in "$@"; do
        # shellcheck disable=SC2086
        in_turn $lane &
        lanes+=("$!")
    done
    for lane in "${lanes[@]}"; do
        wait "$lane" || true
    done
    if [ -e "$work/failed" ]; then
        echo "failed: $(paste -sd ' ' "$work/failed"); the output of each is above, after its name." >&2
        exit 1
    fi
}
