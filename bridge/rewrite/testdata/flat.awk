# Reads the output of "go test -fuzz" and says when coverage last grew:
#
#	go test ./bridge/rewrite -run '^$' -fuzz FuzzRewrite -fuzztime 60s | awk -f bridge/rewrite/testdata/flat.awk
#
# Ends with 1 when something was found.
{ print }
/elapsed: .* new interesting: / {
	split($0, a, "elapsed: "); split(a[2], b, ","); now = seconds(b[1])
	split($0, c, "new interesting: "); split(c[2], d, " ")
	if (d[1] + 0 != last) { last = d[1] + 0; grew = now }
}
/^--- FAIL|^FAIL/ { bad = 1 }
END {
	printf "coverage: %d new inputs, last growth after %d s, flat for %d s\n", last, grew, now - grew
	exit bad
}
function seconds(s,   n) {
	n = 0
	if (match(s, /[0-9]+h/)) n += 3600 * substr(s, RSTART, RLENGTH - 1)
	if (match(s, /[0-9]+m/)) n += 60 * substr(s, RSTART, RLENGTH - 1)
	if (match(s, /[0-9]+s/)) n += substr(s, RSTART, RLENGTH - 1)
	return n
}
