package storage

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What must be true of the database is written down as queries, each of which returns the rows that contradict it. Some hold at
// every commit, others after a while: what is under way has to come to an end. Looking changes nothing, on Postgres because the
// transaction is read-only, on SQLite because the connection is.
//
// A look at everything reads whole tables, which takes minutes where there are ten million rows: it is for the night, and for an
// operator who asks. Every hour only what is new is looked at. For that a query names the table that it goes through in braces,
// and goes through those of its rows then that were made or moved in the last three hours, which an index finds; all else it
// looks up for each of them by a key. The price of it grows with what happens, not with what happened (a test asks Postgres for its
// plans). Tables with a row per purchase, gift or operator's act are small enough to be read whole. What cannot be asked of new
// rows alone is left to the night.

// Group is what part of the product an invariant is about. A closed set: it is a metric label, and a heading of the runbook.
type Group string

// The groups.
const (
	GroupLedger        Group = "ledger"        // accounts, transfers, lots, checkpoints
	GroupCredits       Group = "credits"       // what is given: gifts, codes, friends, operators
	GroupPayments      Group = "payments"      // Stars: payments, orders, refunds
	GroupGenerations   Group = "generations"   // generations, attempts, images
	GroupMessages      Group = "messages"      // updates that came in, deliveries that go out
	GroupConversations Group = "conversations" // lobby, conversations, relays
	GroupPrivacy       Group = "privacy"       // who is erased, who owns what, what people ask about their data
	GroupOperators     Group = "operators"     // what operators did
	GroupBucket        Group = "bucket"        // pictures
	GroupTelegram      Group = "telegram"      // Telegram's list of Star transactions
)

// Groups lists all of them. The last two are of what is beside the database.
func Groups() []Group {
	return []Group{GroupLedger, GroupCredits, GroupPayments, GroupGenerations, GroupMessages, GroupConversations, GroupPrivacy, GroupOperators, GroupBucket, GroupTelegram}
}

// Scope is how much is looked at.
type Scope string

// The scopes.
const (
	ScopeAll    Scope = "all"
	ScopeRecent Scope = "recent" // what is new, see recentTime
)

// recentTime is how far a look at what is new goes back: the looks of every hour overlap.
const recentTime = 3 * time.Hour

// invariant is a statement about the database.
type invariant struct {
	name string
	// ref is its number in the list of what the product promises: I1 to I15, IL for the ledger.
	ref   string
	query string
	// nightly says that it cannot be asked of new rows alone.
	nightly bool
	group   Group
	late    bool // it holds after a while
}

// invariants are all of them.
func invariants() []invariant {
	all := slices.Concat(
		of(GroupLedger, ledgerInvariants), of(GroupCredits, creditInvariants), of(GroupCredits, reasonInvariants), of(GroupPayments, paymentInvariants),
		of(GroupGenerations, generationInvariants), of(GroupMessages, messageInvariants), of(GroupConversations, conversationInvariants),
		of(GroupPrivacy, privacyInvariants()),
	)
	for _, l := range lateInvariants {
		l.late = true
		all = append(all, l)
	}
	return all
}

func of(g Group, all []invariant) []invariant {
	all = slices.Clone(all)
	for i := range all {
		all[i].group = g
	}
	return all
}

// Violation is a row that contradicts an invariant.
type Violation struct {
	Invariant string `json:"invariant"`
	Row       string `json:"row"`
}

// Check is what a look at one invariant found.
type Check struct {
	Invariant string `json:"invariant"`
	Ref       string `json:"ref"` // I1 to I15, IL
	Group     Group  `json:"group"`
	// Late says that it need not hold at every commit, but after a while.
	Late bool `json:"late"`
	// Examined is how many rows were gone through; zero where they are not counted, because the query goes through no table of its own.
	Examined int64    `json:"examined"`
	Broken   int64    `json:"broken"` // rows that contradict it
	Rows     []string `json:"rows"`   // ids of some of them, never what they say
	Runbook  string   `json:"runbook,omitempty"`
}

// sampled is how many rows a check names.
const sampled = 10

// runbook is what to do about it.
func runbook(g Group, late bool) string {
	if late {
		return "WorkOverdue.md#" + string(g)
	}
	return "InvariantBroken.md#" + string(g)
}

// NewCheck is a check of something beside the database.
func NewCheck(name, ref string, g Group, examined int64, rows []string) Check {
	c := Check{Invariant: name, Ref: ref, Group: g, Examined: examined, Broken: int64(len(rows)), Rows: append([]string{}, rows[:min(len(rows), sampled)]...)}
	if c.Broken > 0 {
		c.Runbook = runbook(g, false)
	}
	return c
}

// Verdict is what a look at all invariants found.
type Verdict struct {
	At     time.Time `json:"at"`
	Engine string    `json:"engine"`
	Scope  Scope     `json:"scope"`
	Checks []Check   `json:"checks"`
}

// Broken are the checks that found something.
func (p Verdict) Broken() []Check {
	return slices.DeleteFunc(slices.Clone(p.Checks), func(c Check) bool { return c.Broken == 0 })
}

// Violations are the rows that contradict what holds at every commit, some of each.
func (p Verdict) Violations() []Violation {
	all := []Violation{}
	for _, c := range p.Checks {
		for _, row := range c.Rows {
			if !c.Late {
				all = append(all, Violation{c.Invariant, row})
			}
		}
	}
	return all
}

// Verify checks what holds at every commit, every checkpoint, every closing and the audit log, and returns what contradicts them,
// at most ten rows each.
func (s *Store) Verify(ctx context.Context) ([]Violation, error) {
	p, err := s.Prove(ctx, ScopeAll)
	return p.Violations(), err
}

// Prove checks every invariant. Of all there is that is also every checkpoint, every closing and the audit log, and whether
// somebody is here whose key was destroyed.
func (s *Store) Prove(ctx context.Context, scope Scope) (Verdict, error) {
	p := Verdict{At: s.now(), Engine: s.Engine(), Scope: scope}
	x := examiner{scope: scope, now: p.At, counted: map[string]int64{}}
	for _, inv := range invariants() {
		if inv.nightly && scope == ScopeRecent {
			continue
		}
		err := s.reading(ctx, func(q querier) error {
			c, err := x.check(ctx, q, inv)
			p.Checks = append(p.Checks, c)
			return err
		})
		if err != nil {
			return p, fmt.Errorf("check that %s: %w", inv.name, err)
		}
	}
	if scope == ScopeRecent {
		return p, nil
	}
	for _, c := range chains {
		bad, err := c.look(s, ctx)
		if err != nil {
			return p, err
		}
		for _, name := range c.names {
			var rows []string
			for _, v := range bad {
				if v.Invariant == name {
					rows = append(rows, v.Row)
				}
			}
			p.Checks = append(p.Checks, NewCheck(name, c.ref, c.group, 0, rows))
		}
	}
	return p, nil
}

// reading runs f on something that cannot change anything. One check is one transaction: a long one would keep Postgres from tidying up.
func (s *Store) reading(ctx context.Context, f func(querier) error) error {
	if s.dialect.name == sqliteDialect.name {
		return f(s.r)
	}
	t, err := s.w.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer t.Rollback()
	return f(t)
}

// chains are what takes more than a query.
var chains = []struct {
	ref   string
	group Group
	names []string
	look  func(*Store, context.Context) ([]Violation, error)
}{
	{"IL", GroupLedger, []string{chainCheckpoints, checkpointSigned, checkpointWhole, transferSigned}, (*Store).verifyCheckpoints},
	{"IL", GroupLedger, []string{chainClosings, closingSigned, closingWhole}, (*Store).verifyClosings},
	{"IL", GroupOperators, []string{actMissing, actChanged}, (*Store).verifyActs},
	{"I12", GroupPrivacy, []string{keyDestroyed, noKeyLeft}, (*Store).verifyKeys},
}

const (
	// keyDestroyed is not true of a backup from before an erasure, until that is done again.
	keyDestroyed = "whose key was destroyed is erased"
	// noKeyLeft is not true of a key store from before an erasure, until that is done again: at the next start.
	noKeyLeft = "who was erased has no key"
)

func (s *Store) verifyKeys(ctx context.Context) (bad []Violation, err error) {
	if s.keys == nil {
		return nil, nil
	}
	undead, err := s.Undead(ctx, sampled)
	for _, id := range undead {
		bad = append(bad, Violation{keyDestroyed, strconv.FormatInt(id, 10)})
	}
	if err != nil {
		return bad, err
	}
	readable, err := s.readableErased(ctx)
	for _, id := range readable {
		bad = append(bad, Violation{noKeyLeft, strconv.FormatInt(id, 10)})
	}
	return bad, err
}

// examiner is one look at the invariants.
type examiner struct {
	scope   Scope
	now     time.Time
	counted map[string]int64 // rows of the tables that are gone through, by their text
}

// check looks at one.
func (x *examiner) check(ctx context.Context, q querier, inv invariant) (Check, error) {
	c := Check{Invariant: inv.name, Ref: inv.ref, Group: inv.group, Late: inv.late, Rows: []string{}}
	query, args := x.compile(inv.query)
	rows, err := collect(ctx, q, func(row scanner) (id string, err error) { return id, row.Scan(&id) }, query+" LIMIT "+strconv.Itoa(sampled), args...)
	if err != nil {
		return c, err
	}
	c.Rows, c.Broken = append(c.Rows, rows...), int64(len(rows))
	if c.Broken > 0 {
		c.Runbook = runbook(inv.group, inv.late)
	}
	if c.Broken == sampled {
		err = q.QueryRowContext(ctx, "SELECT COUNT(*) FROM ("+query+") AS broken", args...).Scan(&c.Broken)
	}
	if err == nil {
		c.Examined, err = x.count(ctx, q, inv)
	}
	return c, err
}

// count is how many rows a query goes through. Tables are counted once in a look.
func (x *examiner) count(ctx context.Context, q querier, inv invariant) (n int64, err error) {
	table := through.FindString(inv.query)
	if table == "" {
		return 0, nil
	}
	if n, known := x.counted[table]; known {
		return n, nil
	}
	query, args := x.compile("SELECT COUNT(*) FROM " + table + " AS t")
	err = q.QueryRowContext(ctx, query, args...).Scan(&n)
	x.counted[table] = n
	return n, err
}

var (
	// through is the table that a query goes through; where a time follows, new is what is younger than that.
	through = regexp.MustCompile(`\{(` + strings.Join(windowNames(), "|") + `)(?: (\w+))?\}`)
	// ago is a moment before the look.
	ago = regexp.MustCompile(`\{ago (\w+)\}`)
)

// compile makes SQL of an invariant: of each table in braces itself, or its new rows, and of each moment a parameter.
func (x *examiner) compile(query string) (text string, args []any) {
	query = through.ReplaceAllStringFunc(query, func(m string) string {
		part := through.FindStringSubmatch(m)
		if x.scope == ScopeAll {
			return windows[part[1]].all
		}
		since := part[2]
		if since == "" {
			since = recentTime.String()
		}
		return "(" + strings.ReplaceAll(windows[part[1]].recent, "{since}", "{ago "+since+"}") + ")"
	})
	places := map[string]string{}
	return ago.ReplaceAllStringFunc(query, func(m string) string {
		if places[m] == "" {
			d, err := time.ParseDuration(ago.FindStringSubmatch(m)[1])
			if err != nil {
				panic(err) // a test compiles all of them
			}
			args = append(args, x.now.Add(-d).UnixMicro())
			places[m] = "$" + strconv.Itoa(len(args))
		}
		return places[m]
	}), args
}
