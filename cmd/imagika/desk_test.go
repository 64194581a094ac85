package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers"
)

// office is a deployment in which everything that operators deal with is there once.
type office struct {
	*testing.T
	env map[string]string
	// What is there, for command lines: a name in braces stands for it.
	things map[string]string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	at, err := url.Parse(queuetest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	o := &office{T: t, things: map[string]string{}, env: map[string]string{
		"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_REDIS_URL": "redis://" + at.Host, "IMAGIKA_REDIS_PASSWORD": password,
		"IMAGIKA_QUEUE_KEY":      keys.GenerateMaster(),
		"IMAGIKA_TELEGRAM_TOKEN": "7000000001:" + strings.Repeat("x", 35),
	}}
	cfg, err := config.Load(config.RoleTool, environ(o.env))
	if err != nil {
		t.Fatal(err)
	}
	err = app.WithDesk(t.Context(), cfg, slog.New(slog.DiscardHandler), func(d *workers.Desk) error { return o.furnish(t.Context(), d) })
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// furnish makes what commands are tried on.
func (o *office) furnish(ctx context.Context, d *workers.Desk) error {
	s := d.Store
	p, err := s.PersonByTelegram(ctx, 4242, "en")
	if err != nil {
		return err
	}
	v, err := d.Person(ctx, "4242")
	if err != nil {
		return err
	}
	o.things["person"] = v.Person
	for _, charge := range []string{"c1", "c2"} {
		if _, err := s.Pay(ctx, storage.Effect{}, storage.Payment{Charge: charge, User: p.ID, Stars: 20, Credits: 20, Paid: time.Now()}); err != nil {
			return err
		}
	}
	if err := s.BuryUpdate(ctx, "u1", "b", 0, []byte(`{"update_id":7,"message":{"chat":{"id":4242},"from":{"id":4242}}}`), "it broke", 5); err != nil {
		return err
	}
	for _, name := range []string{"held", "failed", "undeliverable", "stored"} {
		if err := o.generation(ctx, s, p.ID, name); err != nil {
			return err
		}
	}
	return o.paperwork(ctx, d, p)
}

// generation makes one that stands at its name.
func (o *office) generation(ctx context.Context, s *storage.Store, user int64, name string) error {
	id, err := s.NewID()
	if err != nil {
		return err
	}
	o.things[name] = id
	_, _, _, err = s.Reserve(ctx, storage.Effect{}, storage.NewGeneration{
		ID: id, User: user, Origin: storage.OriginChat, RequestKey: name, Form: storage.FormChat, ParentN: -1, Model: "local", Operation: "generate",
		Request: storage.Request{Prompt: "a secret fox", Chat: 4242}, Params: storage.Params{Count: 1, Seed: 1}, Price: 2, Parallel: 9, Waiting: 9,
	})
	if err != nil || name == "held" {
		return err
	}
	g, err := s.Claim(ctx, id)
	if err != nil {
		return err
	}
	a, err := s.StartAttempt(ctx, g, storage.Attempt{Provider: "local", Model: "local", EstCost: 5})
	if err != nil {
		return err
	}
	final := []storage.Send{{Key: "result:" + id, User: user, Chat: 4242, Generation: id, Kind: storage.SendResult}}
	if name == "failed" {
		_, err = s.Finish(ctx, g, storage.StatusFailed, storage.ReasonProvider, a.ID, storage.End{State: storage.AttemptFailed, Class: "transient", Billed: "no"}, nil)
		return err
	}
	image := storage.Image{
		Generation: id, Attempt: a.ID, User: user, Key: objects.ResultKey(user, id, a.ID, 0, "png"), SHA256: "00", Bytes: 1, Width: 1, Height: 1, MediaType: "image/png",
	}
	out, err := s.Complete(ctx, g, a, 4000, []storage.Image{image}, final)
	if err != nil || name == "stored" {
		return err
	}
	delivery, err := s.ClaimDelivery(ctx, out[0].ID)
	if err == nil {
		_, err = s.NotSent(ctx, delivery, storage.ReasonChat)
	}
	return err
}

// paperwork makes what waits for operators.
func (o *office) paperwork(ctx context.Context, d *workers.Desk, p storage.Person) error {
	by := storage.By{Who: "eve", Why: "to have something"}
	for _, name := range []string{"ticket", "closed"} {
		k, _, err := d.Store.Ask(ctx, storage.Effect{}, p.ID, "c1", "where are they?", func(storage.Ticket, bool) ([]storage.Send, error) { return nil, nil })
		if err != nil {
			return err
		}
		if o.things[name] = k.ID; name == "ticket" {
			if err := d.CloseTicket(ctx, by, k.ID); err != nil {
				return err
			}
		}
	}
	o.things["ticket"] = o.things["closed"]
	for _, name := range []string{"order", "unwanted"} {
		v, err := d.MoveCredits(ctx, by, "4242", 5000, "for the wait")
		if err != nil {
			return err
		}
		o.things[name] = v.ID
	}
	b, err := d.RecordBreach(ctx, by, storage.Breach{BreachBody: storage.BreachBody{Facts: "lost too"}, Discovered: time.Now()})
	if err != nil {
		return err
	}
	o.things["breach"] = b.ID
	for _, name := range []string{"incident", "over"} {
		v, err := d.OpenIncident(ctx, by, workers.DraftIncident{Title: "Pictures are late", Text: "We look."})
		if err != nil {
			return err
		}
		o.things[name] = v.ID
	}
	if _, err := d.UpdateIncident(ctx, by, o.things["over"], workers.DraftIncident{Stage: storage.IncidentResolved, Text: "Done."}); err != nil {
		return err
	}
	return o.letters(ctx, d, p)
}

// letters makes requests that came by mail, of somebody who linked an address; the code for each is 654321.
func (o *office) letters(ctx context.Context, d *workers.Desk, p storage.Person) error {
	by := storage.By{Who: "eve", Why: "to have something"}
	m := storage.Mail{User: p.ID, Kind: storage.MailCode, Body: storage.MailBody{To: "ann@example.org"}, Expires: time.Now().Add(time.Hour)}
	c := storage.EmailCode{ID: "link", User: p.ID, Purpose: storage.CodeLink, Address: "ann@example.org"}
	if _, _, err := d.Store.SendCode(ctx, storage.Effect{}, c, false, "123456", m); err != nil {
		return err
	}
	if _, _, err := d.Store.TryCode(ctx, storage.Effect{}, p.ID, c.ID, "123456", func(storage.CodeResult) []storage.Send { return nil }); err != nil {
		return err
	}
	for name, kind := range map[string]storage.RightKind{"letter": storage.RightExport, "unproved": storage.RightPort, "wrong": storage.RightObject} {
		r, err := d.Store.RecordLetter(ctx, storage.Effect{}, storage.Act{By: by, What: "right record"}, storage.Letter{User: p.ID, Kind: kind, Received: time.Now()})
		if err != nil {
			return err
		}
		o.things[name] = r.ID
	}
	c = storage.EmailCode{ID: "proof", User: p.ID, Purpose: storage.CodeVerify, Right: o.things["letter"], Address: "ann@example.org"}
	return d.Store.AskIdentity(ctx, storage.Act{By: by, What: "right code", Object: c.Right}, c, "654321", m)
}

// run runs a command line of admin, with what is in braces replaced.
func (o *office) run(line string) result {
	o.Helper()
	args := strings.Fields(line)
	for i, a := range args {
		for name, thing := range o.things {
			a = strings.ReplaceAll(a, "{"+name+"}", thing)
		}
		args[i] = a
	}
	return execute(o.Context(), o.env, nil, adminArgs(args...)...)
}

// acts reads the audit log.
func (o *office) acts() (all []storage.Act) {
	o.Helper()
	r := execute(o.Context(), o.env, nil, "admin", "audit", "--json", "--limit", "0")
	if err := json.Unmarshal([]byte(r.out), &all); err != nil {
		o.Fatalf("%v: %+v", err, r)
	}
	return all
}

// actLines are command lines of everything that acts, in an order in which each can: what it is called in the audit log, and
// what it says.
var actLines = []struct{ line, what, said string }{
	{"credits grant {person} 5 --reason sorry", "credits grant", "the person is told"},
	{"credits take {person} 5 --reason sorry", "credits take", "the person is told"},
	{"users grant 4242 5 --reason sorry", "credits grant", "the person is told"},
	{"credits approve {order}", "credits approve", "+5000 credits: done"},
	{"credits refuse {unwanted}", "credits refuse", "+5000 credits: refused"},
	{"promo create SUMMER --credits 5", "promo create", "SUMMER brings 5 credits"},
	{"promo disable SUMMER", "promo disable", "used 0 times"},
	{"generations read {stored}", "generation read", "a secret fox"},
	{"users read {person}", "user read", "a secret fox"},
	{"generations cancel {held}", "generation cancel", "canceled person"},
	{"generations retry {failed}", "generation retry", "status      held"},
	{"generations retry {undeliverable}", "generation retry", "result owed"},
	{"generations refund {stored} --reason sorry", "generation refund", "grant of 2 credits"},
	{"payments refund c2", "refund", "status   refunding"},
	{"tickets reply {ticket} soon", "ticket answer", "Sent."},
	{"tickets close {ticket}", "ticket close", "Closed"},
	{"moderation ban {person} --for 1h", "ban", "until"},
	{"moderation unban {person}", "unban", "banned   no"},
	{"users ban c1 --for 1h", "ban", "until"},
	{"users unban {person}", "unban", "banned   no"},
	{"users erase {person}", "users erase", "payments stay. It begins at"},
	{"dead-letters read u1", "dead letter read", `"update_id": 7`},
	{"dead-letters retry u1", "dead letter retry", "handled next"},
	{"dead-letters drop u1", "dead letter drop", "gone"},
	{"queues pause generate", "queue pause", "Nobody takes tasks of generate"},
	{"queues resume generate", "queue resume", "taken again"},
	{"queues drain generate --wait 1m", "queue drain", "Nothing of generate runs"},
	{"queues archived retry deliver --all", "archived retry", "0 tasks run again"},
	{"queues archived delete deliver --all", "archived delete", "0 tasks are forgotten"},
	{"enable local", "provider enable", "asked again"},
	{"rights record rectify --person {person}", "right record", "Recorded as"},
	{"rights verify {letter} 654321", "right verify", "The export begins"},
	{"rights code {unproved}", "right code", "On its way"},
	{"rights done {unproved}", "right done", "Done."},
	{"rights refuse {wrong} --reason unfounded", "right refuse", "Refused"},
	{"breach record --facts lost --people 2", "breach record", "The authority has to be told within"},
	{"breach update {breach} --authority-at now", "breach update", "lost too"},
	{"incident open --title Late --text Slow --part images --began 10m", "incident open", "On the status page as"},
	{"incident update {incident} --stage identified --text Disk --impact outage", "incident update", "identified"},
	{"incident resolve {incident} --text Mended", "incident resolve", "resolved"},
	{"keys rotate", "keys rotate", "0 keys are wrapped anew"},
	{"users child {person}", "users child", "is being erased"},
	{"wipe start --really erase-everybody", "wipe first", "another operator"},
	{"wipe start --really erase-everybody --account bob", "wipe", "under way"},
	{"wipe stop", "wipe stop", "stopped"},
}

// elsewhereTested are acts that other tests have, because they need more than an office.
var elsewhereTested = []string{
	"imagika admin moderation appeal accept", "imagika admin moderation appeal reject", "imagika admin payments forgive", "imagika admin payments reconcile",
	"imagika admin pools drain", "imagika admin users export", "imagika admin breach notify",
}

// elsewhereWhole are groups of commands that have tests of their own, each act of which goes through Store.acted as well.
var elsewhereWhole = []string{"announce", "catalogue", "conversations", "operators", "policy", "providers"}

// Everything that acts leaves a line with who, why and what.
func TestEveryActIsWrittenDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	tried := slices.Clone(elsewhereTested)
	before := len(o.acts())
	for _, tt := range actLines {
		r := o.run(tt.line)
		if r.code != exitOK || !strings.Contains(r.out, tt.said) {
			t.Errorf("%s: %+v, want %q", tt.line, r, tt.said)
		}
		if c, _, err := root(newStreams(nil, io.Discard, io.Discard, nil)).Find(strings.Fields("admin " + tt.line)); err == nil {
			tried = append(tried, c.CommandPath())
		}
	}
	after := o.acts()
	slices.Reverse(after)
	if len(after) != before+len(actLines) {
		t.Fatalf("%d lines of %d acts: %+v", len(after)-before, len(actLines), after)
	}
	for i, a := range after[before:] {
		who := "ann"
		if strings.Contains(actLines[i].line, "--account bob") {
			who = "bob"
		}
		if a.What != actLines[i].what || a.Who != who || a.Why != "a test" || a.Object == "" {
			t.Errorf("%s: %+v", actLines[i].line, a)
		}
	}
	admin, _, _ := root(newStreams(nil, io.Discard, io.Discard, nil)).Find([]string{"admin"})
	leaves(admin, func(c *cobra.Command) {
		if _, acts := c.Annotations[actsAnnotation]; acts && !slices.Contains(tried, c.CommandPath()) && !slices.Contains(elsewhereWhole, c.Parent().Name()) {
			t.Errorf("%s acts, and nobody knows whether that is written down", c.CommandPath())
		}
	})
	if r := o.run("ledger verify"); r.code != exitOK {
		t.Errorf("verify: %+v", r)
	}
}

// What cannot be done says why, and leaves no line.
func TestWhatOperatorsCannotDo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := len(o.acts())
	for _, tt := range []struct {
		line string
		code int
		said string
	}{
		{"users show nobody", exitRefused, "names are not kept"},
		{"users find 77", exitRefused, "there is no person 77"},
		{"generations show x", exitRefused, "there is no generation x"},
		{"generations list --status odd", exitUsage, "held, generating, stored"},
		{"generations list --since soon", exitUsage, "720h"},
		{"generations list --limit 0", exitUsage, "--limit: 0 is too little"},
		{"generations cancel {failed}", exitRefused, "it is failed"},
		{"generations retry {stored}", exitRefused, "only what failed"},
		{"generations refund {failed}", exitRefused, "nothing was spent"},
		{"generations refund {held}", exitRefused, "nothing was spent"},
		{"dead-letters show x", exitRefused, "there is no update x"},
		{"dead-letters drop x", exitRefused, "there is no update x"},
		{"queues archived retry deliver", exitUsage, "--all"},
		{"payments refund x", exitRefused, "there is no payment x"},
		{"payments list --status nosuch", exitUsage, "paid, refunding, refunded"},
		{"payments reconcile --wait -1s", exitUsage, "--wait: -1s is too little"},
		{"audit --limit -1", exitUsage, "--limit: -1 is too little"},
		{"dead-letters list --limit -1", exitUsage, "--limit: -1 is too little"},
		{"queues archived list deliver --limit 0", exitUsage, "--limit: 0 is too little"},
		{"queues drain generate --wait -1s", exitUsage, "--wait: -1s is too little"},
		{"announce create x --pace 0", exitUsage, "--pace: 0 is too little"},
		{"announce create x --active -1h", exitUsage, "--active: -1h0m0s is too little"},
		{"policy show 2027-01 --lang xx", exitUsage, "Write one of de, en, es"},
		{"providers disable local --for 0", exitUsage, "--for: 0s is over before it begins"},
		{"users ban {person} --for 0", exitUsage, "--for: 0s is over before it begins"},
		{"users grant {person} 1000000", exitUsage, "--reason is missing"},
		{"incident open --title Late", exitUsage, "--text is missing"},
		{"incident open --text Slow", exitUsage, "--title is missing"},
		{"incident update {incident} --stage identified", exitUsage, "--text is missing"},
		{"incident open --title Late --text Slow --impact bad", exitRefused, "there are notice, degraded, outage"},
		{"incident open --title Late --text Slow --stage done", exitRefused, "there are investigating"},
		{"incident open --title Late --text Slow --part disk", exitRefused, "there are bot, images"},
		{"incident open --title Late --text Slow --began 2030-01-01T00:00:00Z", exitRefused, "only a notice can"},
		{"incident open --title Late --text Slow --began 2000h", exitRefused, "more than 30 days ago"},
		{"incident open --title Late --text Slow --began soon", exitUsage, "is no time"},
		{"incident open nowhere.txt", exitUsage, "nowhere.txt"},
		{"incident update x --text Slow", exitRefused, "there is no incident x"},
		{"incident update {over} --text Again --stage identified", exitRefused, "it is resolved"},
	} {
		if r := o.run(tt.line); r.code != tt.code || !strings.Contains(r.err, tt.said) || r.out != "" {
			t.Errorf("%s: %+v, want code %d and %q", tt.line, r, tt.code, tt.said)
		}
	}
	if after := o.acts(); len(after) != before {
		t.Errorf("%d lines for nothing: %+v", len(after)-before, after[0])
	}
	if r := o.run("queues pause nothing"); r.code != exitRefused || !strings.Contains(r.err, "payments, interactive") {
		t.Errorf("a queue there is not: %+v", r)
	}
	if all := o.acts(); len(all) != before+2 || all[0].What != "queue pause failed" || all[0].Object != "nothing" || all[1].What != "queue pause" {
		t.Errorf("what was refused stands as %+v", all[:min(2, len(all))])
	}
	if a, b := o.run("generations retry {failed} --json"), o.run("generations retry {failed} --json"); a.out != b.out || a.code != exitOK {
		t.Errorf("retried twice: %+v, then %+v", a, b)
	}
	o.run("generations refund {stored}")
	if r := o.run("generations refund {stored}"); r.code != exitRefused || !strings.Contains(r.err, "given back before") {
		t.Errorf("refunded twice: %+v", r)
	}
}

// What is only looked at shows nothing that a person wrote.
func TestLookingShowsNoPrompts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, tt := range []struct{ line, said string }{
		{"users show 4242", "34 credits, 2 held"},
		{"users find c1", "{person}"},
		{"generations list", "failed provider"},
		{"generations list --person {person} --status held", "{held}"},
		{"generations show {failed}", "local failed transient"},
		{"generations show {stored}", "capture of 2 credits"},
		{"dead-letters list", "it broke"},
		{"dead-letters show u1", "waits"},
		{"queues list", "generate"},
		{"queues archived list deliver", "TASK"},
		{"payments list", "c1"},
	} {
		for _, form := range []string{"", " --json"} {
			r := o.run(tt.line + form)
			if said := strings.ReplaceAll(strings.ReplaceAll(tt.said, "{person}", o.things["person"]), "{held}", o.things["held"]); r.code != exitOK || form == "" && !strings.Contains(r.out, said) {
				t.Errorf("%s%s: %+v, want %q", tt.line, form, r, said)
			}
			if form != "" && !json.Valid([]byte(r.out)) {
				t.Errorf("%s: no JSON: %s", tt.line, r.out)
			}
			if strings.Contains(r.out, "secret") || strings.Contains(r.out, " \n") {
				t.Errorf("%s shows %s", tt.line, r.out)
			}
		}
	}
}
