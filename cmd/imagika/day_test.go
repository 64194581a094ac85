package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// day is a day of an operator of a deployment, who has its command line and nothing else.
type day struct {
	*deployment
	desk *container // where commands are run
}

// act runs a command that leaves a line in the audit log.
func (d *day) act(args ...string) string {
	d.t.Helper()
	return d.exec(d.desk, append(append([]string{"admin"}, args...), "--account", "ann", "--why", "a day like any other")...)
}

// look runs a command and reads its answer.
func (d *day) look(v any, args ...string) {
	d.t.Helper()
	out := d.exec(d.desk, append(append([]string{"admin"}, args...), "--json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		d.t.Fatalf("imagika admin %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// until looks again until it is so.
func (d *day) until(what string, so func() bool) {
	d.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatal(what)
		}
	}
}

// pictures waits until a person has so many.
func (d *day) pictures(p *telegramtest.Person, n int) {
	d.t.Helper()
	d.until("the pictures do not come", func() bool { return shown(p) >= n })
}

func shown(p *telegramtest.Person) (n int) {
	for _, m := range p.Messages() {
		if m.FromBot() && len(m.Photo) > 0 {
			n++
		}
	}
	return n
}

// waiting is what waits in a queue.
func (d *day) waiting(queue string) (pending, active int) {
	d.t.Helper()
	var all []struct {
		Queue           string
		Pending, Active int
	}
	d.look(&all, "queues", "list")
	for _, q := range all {
		if q.Queue == queue {
			return q.Pending, q.Active
		}
	}
	d.t.Fatalf("there is no queue %s in %v", queue, all)
	return 0, 0
}

// seats are the processes that run a pool and take tasks.
func (d *day) seats(pool string) (processes []string) {
	d.t.Helper()
	var all []struct {
		Process, Pool string
		Draining      bool
	}
	d.look(&all, "pools")
	for _, s := range all {
		if s.Pool == pool && !s.Draining {
			processes = append(processes, s.Process)
		}
	}
	return processes
}

// kill ends a container as a machine does that fails.
func (d *day) kill(c *container) {
	_ = c.cmd.Process.Signal(syscall.SIGKILL)
	<-c.ended
	d.up = slices.DeleteFunc(d.up, func(other *container) bool { return other == c })
}

// run lives through the day with people who ask for pictures all along: each gets every one of them, and pays for it once.
func (d *day) run(people []*telegramtest.Person) {
	ada := people[0]
	painters := slices.DeleteFunc(slices.Clone(d.up), func(c *container) bool { return c.service.Name != "worker-generate" })

	d.t.Log("a machine fails while it paints; another is added")
	for _, p := range people {
		p.Text("a storm at sea")
	}
	d.until("nobody paints", func() bool { _, active := d.waiting("generate"); return active > 0 || shown(ada) > 0 })
	d.kill(painters[0])
	d.healthy(d.start("worker-generate"))
	for _, p := range people {
		d.pictures(p, 1)
	}

	d.t.Log("a queue is paused and resumed")
	d.act("queues", "pause", "generate")
	ada.Text("a calm lake")
	d.until("nothing waits in the queue that is paused", func() bool { pending, _ := d.waiting("generate"); return pending == 1 })
	if n := shown(ada); n != 1 {
		d.t.Errorf("%d pictures while the queue is paused", n)
	}
	d.act("queues", "resume", "generate")
	d.pictures(ada, 2)

	d.t.Log("a process is drained; others go on")
	d.until("there are not two who paint", func() bool { return len(d.seats("generate")) == 2 })
	d.act("pools", "drain", d.seats("generate")[0])
	d.until("the process does not drain", func() bool { return len(d.seats("generate")) == 1 })
	ada.Text("a quiet road")
	d.pictures(ada, 3)

	d.t.Log("a picture is refunded")
	var all []struct{ ID string }
	d.look(&all, "generations", "list")
	d.act("generations", "refund", all[0].ID, "--yes")

	d.t.Log("everybody is told something")
	news := filepath.Join(d.t.TempDir(), "news.txt")
	if err := os.WriteFile(news, []byte("[en]\nWe paint <b>faster</b> now.\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	var draft struct{ ID string }
	if err := json.Unmarshal([]byte(d.act("announce", "create", news, "--json")), &draft); err != nil {
		d.t.Fatal(err)
	}
	d.act("announce", "start", draft.ID, "--yes")
	for _, p := range people {
		wait(d.t, p, telegramtest.Has("We paint faster now"))
	}

	d.t.Log("a release is put in place and taken back: the databases are migrated again, a worker is replaced")
	d.deployment.run("migrate")
	last := d.up[len(d.up)-1]
	if err := last.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	if err := <-last.ended; err != nil {
		d.t.Errorf("%s: %v: %s", last.service.Name, err, last.said.String())
	}
	d.up = d.up[:len(d.up)-1]
	d.healthy(d.start("worker-generate"))
	ada.Text("a bright morning")
	d.pictures(ada, 4)

	var acts []struct{ Who, Why, What string }
	d.look(&acts, "audit")
	var done []string
	for _, a := range acts {
		if a.Who != "ann" || a.Why != "a day like any other" {
			d.t.Errorf("an act of %q, because %q", a.Who, a.Why)
		}
		done = append(done, a.What)
	}
	slices.Reverse(done)
	d.t.Log("done, as the audit log has it:", strings.Join(done, ", "))
	if len(done) < 6 {
		d.t.Errorf("the audit log has %d acts", len(done))
	}
}

// agreed is somebody new who has agreed to the terms.
func agreed(t *testing.T, tg *telegramtest.Server, name string) *telegramtest.Person {
	t.Helper()
	p := tg.Person(telegramtest.PersonConfig{FirstName: name, LanguageCode: "en"})
	p.Start("")
	p.Text("5/1990")
	m := wait(t, p, func(m telegramtest.Message) bool { _, ok := m.Button("✅ Agree"); return ok })
	press, err := p.Press(m.MessageID, "✅ Agree")
	if err != nil {
		t.Fatal(err)
	}
	press.Must(t)
	wait(t, p, telegramtest.Has("20 credits"))
	return p
}
