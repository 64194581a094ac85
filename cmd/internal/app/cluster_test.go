package app_test

import (
	"flag"
	"net/url"
	"testing"
	"time"

	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var overCluster = flag.Bool("cluster", false, "TestOverCluster runs")

// over gives the world another Redis, or a cluster.
func (w *world) over(address string) {
	w.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		w.t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.User = nil
	w.env["IMAGIKA_REDIS_URL"], w.env["IMAGIKA_REDIS_PASSWORD"] = u.String(), password
}

// TestOverCluster paints, and passes on what two people say to each other, with the queue in a Redis Cluster of three nodes.
func TestOverCluster(t *testing.T) {
	if !*overCluster {
		t.Skip("for the night: -cluster")
	}
	t.Parallel()
	w := newWorld(t, onReal)
	w.over(queuetest.StartCluster(t, "--appendonly", "yes"))
	people := w.crowd(2)
	for _, p := range people {
		p.Start("")
	}
	w.introduce(people)
	w.start()
	w.agree(w.person)
	w.person.Text("a red fox")
	w.picture(w.person, "a red fox")
	for i, p := range people {
		p.Text("good evening")
		w.waitFor(people[1-i], time.Minute, func(m telegramtest.Message) bool { return m.FromBot() && m.Text == "good evening" })
	}
	w.confirmed(time.Minute)
	w.books(w.store(), w.person)
}
