package main

import (
	"strings"
	"testing"
)

// Where nothing runs, codes and credits are moved in the databases of the data folder.
func TestCreditsWithoutAProcess(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error"}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"promo", "list", "--json"}, exitOK, "[]\n"},
		{[]string{"promo", "create", "SUMMER", "--credits", "50", "--uses", "100", "--expires", "2999-12-31"}, exitOK, "SUMMER brings 50 credits from now on ("},
		{[]string{"promo", "create", "summer", "--credits", "5"}, exitRefused, "there is or was a code of that name"},
		{[]string{"promo", "create", "A B", "--credits", "5"}, exitRefused, "3 to 29 letters"},
		{[]string{"promo", "create", "WINTER"}, exitRefused, "has to bring credits"},
		{[]string{"promo", "create", "WINTER", "--credits", "5", "--expires", "soon"}, exitUsage, "Write it as 2026-12-31."},
		{[]string{"promo", "create", "WINTER", "--credits", "5", "--expires", "2020-01-01"}, exitRefused, "would have expired"},
		{[]string{"promo", "list"}, exitOK, "SU…    50       0 of 100  1           3000-01-01T00:00:00Z  works\n"},
		{[]string{"promo", "disable", "summer"}, exitOK, "it was used 0 times"},
		{[]string{"promo", "disable", "summer"}, exitRefused, "no such code that works"},
		{[]string{"promo", "list"}, exitOK, "disabled\n"},
		{[]string{"credits", "grant", "4242", "50", "--reason", "x"}, exitRefused, "there is no person 4242"},
		{[]string{"credits", "grant", "4242", "50"}, exitUsage, "--reason is missing"},
		{[]string{"credits", "take", "4242", "-5"}, exitUsage, ""},
		{[]string{"credits", "take", "4242", "none"}, exitUsage, "is not a number of credits"},
		{[]string{"credits", "approve", "nothing"}, exitRefused, "nothing waits under this id"},
		{[]string{"credits", "list"}, exitOK, "ID  MADE  WHO  SECOND  PERSON  CREDITS  STATUS  REASON\n"},
		{[]string{"ledger", "check", "nonsense"}, exitFailed, "no receipt of this deployment"},
	} {
		r := execute(t.Context(), env, nil, adminArgs(tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.out+r.err, tt.want) {
			t.Errorf("%q: %+v, want code %d and %q", tt.args, r, tt.code, tt.want)
		}
	}
}
