# Environments of tox side by side; sourced by run. $work is a folder for their outputs.

# options ENVIRONMENT: what its pytest gets besides.
declare -A options=()

# in_turn ENVIRONMENT...: one after the other, each with its output printed in one piece at its end.
in_turn() {
    local name status=0
    for name in "$@"; do
        # shellcheck disable=SC2086 # several options are several words
        if ! tox run -e "$name" -- ${options[$name]:-} >"$work/$name.log" 2>&1; then
            echo "$name" >>"$work/failed"
            status=1
        fi
        flock "$work/printing" cat "$work/$name.log"
    done
    return "$status"
}

# side_by_side "ENVIRONMENT..."...: each argument is a lane; ends the run where one fails.
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
