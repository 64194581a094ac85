package main

import (
	"strings"
	"testing"
)

// Where nothing runs, operators look at the databases of the data folder, and what they ask for waits.
func TestMoneyWithoutAProcess(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error"}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"payments", "list"}, exitOK, "PAID  STARS  CREDITS  UNSPENT  STATUS  PERSON  CHARGE\n"},
		{[]string{"payments", "list", "--json", "--status", "paid"}, exitOK, "[]\n"},
		{[]string{"payments", "list", "--person", "4242"}, exitRefused, "there is no person 4242"},
		{[]string{"payments", "show", "x"}, exitRefused, "there is no payment x"},
		{[]string{"payments", "refund", "x"}, exitRefused, "there is no payment x"},
		{[]string{"payments", "forgive", "4242"}, exitRefused, "there is no person 4242"},
		{[]string{"payments", "reconcile", "--since", "tomorrow"}, exitUsage, `"tomorrow" is neither a time nor a day`},
		{[]string{"payments", "reconcile", "--since", "2026-11-01", "--wait", "1ms"}, exitRefused, "nobody has done it yet"},
		{[]string{"tickets", "list"}, exitOK, "TICKET  WAITS  PERSON  STATUS  CHARGE\n"},
		{[]string{"tickets", "list", "--all", "--json"}, exitOK, "[]\n"},
		{[]string{"tickets", "show", "x"}, exitRefused, "there is no request x"},
		{[]string{"tickets", "reply", "x", "hello"}, exitRefused, "there is no request x"},
		{[]string{"tickets", "close", "x"}, exitRefused, "there is no request x"},
		{[]string{"money"}, exitOK, "all  0         0      0     0              0      0.00       0.00    0.00\n"},
		{[]string{"money", "--by", "model", "--days", "7"}, exitOK, "MODEL  CREDITS SPENT  STARS EARNED  CALLS"},
		{[]string{"money", "--json"}, exitOK, `"usd_per_1000_stars": 13`},
		{[]string{"money", "--by", "week"}, exitUsage, `"week" is neither day nor model`},
		{[]string{"money", "--days", "0"}, exitUsage, "no number of days"},
		{[]string{"visits"}, exitOK, "all         0         0\n"},
		{[]string{"visits", "--by", "country", "--days", "760"}, exitOK, "COUNTRY  VISITORS  VIEWS\n"},
		{[]string{"visits", "--json"}, exitOK, `"referrers": []`},
		{[]string{"visits", "--by", "person"}, exitUsage, `visits are not counted by "person"`},
		{[]string{"visits", "--days", "761"}, exitUsage, "want 1 to 760"},
	} {
		r := execute(t.Context(), env, nil, adminArgs(tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.out+r.err, tt.want) {
			t.Errorf("%q: %+v, want code %d and %q", tt.args, r, tt.code, tt.want)
		}
	}
}
