# The list of versions (sandbox/versions) for the shell.

VERSIONS=$SANDBOX/versions

version_names() {
    awk '!/^#/ && NF { print $1 }' "$VERSIONS" | paste -sd "$1"
}

# Set from the line of $ASTERISK: LIKE SUITE MORE HTTP_DEFAULT SIP_DEFAULT AMI_DEFAULT HAS_OWN MISSING ASTERISK_PACKAGES.
# shellcheck disable=SC2034
version_read() {
    local name
    while read -r name LIKE SUITE MORE HTTP_DEFAULT SIP_DEFAULT AMI_DEFAULT HAS_OWN MISSING ASTERISK_PACKAGES; do
        [ "$name" != "$ASTERISK" ] || return 0
    done < <(grep -v '^#' "$VERSIONS")
    die "ASTERISK=$ASTERISK is not known; it is $(version_names ' ' | sed 's/ /, /g')"
}
