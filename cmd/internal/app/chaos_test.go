package app_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var (
	chaosSeed        = flag.Uint64("chaos.seed", 0, "seed of TestChaos; 0 draws one")
	chaosGenerations = flag.Int("chaos.generations", 60, "how many images TestChaos asks for")
)

const (
	chaosWelcome = 40 // credits everybody has
	chaosEach    = 5  // generations everybody asks for
)

// The whole program over four providers that fail in every way, while its workers are killed one after the other: in
// the end every generation is over, everybody has paid for the images that exist and for nothing else, and every call
// that a provider took is on the books, once.
func TestChaos(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes for a minute")
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	t.Logf("to repeat: -chaos.seed %d -chaos.generations %d", seed, *chaosGenerations)
	c := newChaos(t, seed)
	begin := time.Now()
	c.storm()
	stormed := time.Since(begin)
	c.calm()
	t.Logf("storm %s, calm %s", stormed.Round(time.Second), (time.Since(begin) - stormed).Round(time.Second))
	c.check()
}

// chaos is a run.
type chaos struct {
	*world
	t      *testing.T
	dice   *rand.Rand
	gates  []*gate
	people []*telegramtest.Person
	fleet  *fleet
	store  *storage.Store
	total  int
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	w := newWorld(t, onReal)
	w.env["IMAGIKA_CALL_TIMEOUT"], w.env["IMAGIKA_STOP_GRACE"] = "5s", "35s"
	w.env["IMAGIKA_LOG_LEVEL"] = "warn"
	w.env["IMAGIKA_WELCOME_CREDITS"], w.env["IMAGIKA_PERSON_PARALLEL"] = strconv.Itoa(chaosWelcome), strconv.Itoa(chaosEach)
	c := &chaos{world: w, t: t, dice: rand.New(rand.NewPCG(seed, 0)), gates: w.providersBehindGates(t, seed), total: *chaosGenerations}
	w.spawnRole(config.RoleBot, "")
	c.fleet = w.newFleet(t, 2)
	c.people = w.crowd((c.total + chaosEach - 1) / chaosEach)
	w.agreeAll(c.people)
	c.store = w.store()
	return c
}

// storm has people ask, a few at a time, and kills a worker after each time and for a while after that. In the end all
// providers of the first priority take no new work, for as long as it takes until the one of the second is asked.
func (c *chaos) storm() {
	most := c.total * 3 / 4
	c.ask(0, most)
	for c.fleet.kills < c.total/4 {
		c.strike()
	}
	c.outage(true)
	c.ask(most, c.total)
	for end := time.Now().Add(time.Minute); len(c.gates[len(c.gates)-1].read()) == 0; c.strike() {
		if time.Now().After(end) {
			c.t.Error("no provider of the first priority takes work, and nobody asks the one of the second")
			break
		}
	}
	c.outage(false)
	c.strike()
}

func (c *chaos) outage(down bool) {
	for _, g := range c.gates[:len(c.gates)-1] {
		g.set(func() { g.down = down })
	}
}

// ask has people ask for what the prompts of these numbers say.
func (c *chaos) ask(from, to int) {
	const batch = 6
	for n := from; n < to; n++ {
		c.people[n%len(c.people)].Text(chaosPrompt(n))
		if n%batch == batch-1 {
			c.strike()
		}
	}
}

// strike kills a worker at some moment: there is nothing to wait for, so the moment is drawn.
func (c *chaos) strike() {
	time.Sleep(time.Duration(300+c.dice.IntN(1500)) * time.Millisecond)
	c.fleet.strike()
}

// chaosPrompt asks for two images now and then.
func chaosPrompt(n int) string {
	prompt := "a red fox, number " + strconv.Itoa(n)
	if n%4 == 3 {
		return prompt + " --n 2"
	}
	return prompt
}

// calm mends everything, leaves the workers alone and waits until all is over.
func (c *chaos) calm() {
	c.t.Helper()
	for _, g := range c.gates {
		g.set(func() { g.calm, g.down = true, false })
	}
	limit := 150*time.Second + time.Duration(c.total)*500*time.Millisecond
	for end := time.Now().Add(limit); ; time.Sleep(500 * time.Millisecond) {
		over, open := 0, []storage.Generation(nil)
		for _, p := range c.people {
			for _, g := range c.newest(c.store, p) {
				if g.Status.Open() || g.Status == storage.StatusStored {
					open = append(open, g)
				} else {
					over++
				}
			}
		}
		if over == c.total {
			break
		}
		if time.Now().After(end) {
			c.t.Fatalf("%d of %d generations are over; open: %s", over, c.total, describe(open))
		}
	}
	for i := range c.fleet.workers {
		c.fleet.observe(i)
	}
	c.quiet()
}

// tally sums up a run.
type tally struct {
	ends                map[string]int
	attempts, elsewhere int
	images              int
	known               map[string]map[int]int // attempts by provider and prompt, and of them …
	owned               map[string]map[int]int // … those that may have been paid for
}

// check holds the books of the program against those of the gates and of everybody's chat.
func (c *chaos) check() {
	c.t.Helper()
	sum := tally{ends: map[string]int{}, known: map[string]map[int]int{}, owned: map[string]map[int]int{}}
	for _, p := range c.people {
		paid, surely, perhaps := 0, 0, 0
		for _, g := range c.newest(c.store, p) {
			n := c.checkGeneration(g, &sum)
			sum.images += n
			if g.Status == storage.StatusDelivered {
				paid += n
			}
			if perhaps += n; g.Reason != storage.ReasonUncertain {
				surely += n
			}
		}
		if acc := c.books(c.store, p); acc != (storage.Account{Posted: int64(chaosWelcome - paid)}) {
			c.t.Errorf("account: %+v, want %d and nothing held", acc, chaosWelcome-paid)
		}
		if n := pictures(p); n < surely || n > perhaps {
			c.t.Errorf("%d pictures in a chat, want %d to %d; the chat:\n%s", n, surely, perhaps, c.tg.Transcript(p))
		}
	}
	for _, g := range c.gates {
		c.checkGate(g, sum)
	}
	if sum.elsewhere == 0 {
		c.t.Error("no image was made by another provider than the first one that was asked")
	}
	if seen := c.fleet.states; seen["open"]+seen["half_open"]+seen["cooling"]+seen["ramping"] == 0 { // ramping comes after that
		c.t.Errorf("no worker ever left a provider alone: %v", c.fleet.states)
	}
	c.t.Logf("%d kills; ends %v; %d images; %d attempts, %d generations saved by another provider; %s; %v; states seen %v",
		c.fleet.kills, sum.ends, sum.images, sum.attempts, sum.elsewhere, c.traffic(), c.mischief(), c.fleet.states)
}

var promptNumber = regexp.MustCompile(`number (\d+)$`)

// checkGeneration adds a generation to the tally and returns how many images it has.
func (c *chaos) checkGeneration(g storage.Generation, sum *tally) int {
	c.t.Helper()
	images, err := c.store.Images(c.t.Context(), g.ID, true)
	if err != nil {
		c.t.Fatal(err)
	}
	attempts, err := c.store.Attempts(c.t.Context(), g.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	number := promptNumber.FindStringSubmatch(g.Request.Prompt)
	if number == nil {
		c.t.Fatal("a generation that nobody asked for")
	}
	n, _ := strconv.Atoi(number[1])
	asked := map[string]bool{}
	for _, a := range attempts {
		asked[a.Provider] = true
		add(sum.known, a.Provider, n)
		if a.State == storage.AttemptSucceeded || a.Billed != "no" {
			add(sum.owned, a.Provider, n)
		}
		if a.State == storage.AttemptSending {
			c.t.Errorf("prompt %d ended as %s/%s, and nobody asks what became of its call to %s", n, g.Status, g.Reason, a.Provider)
		}
	}
	sum.attempts += len(attempts)
	sum.ends[strings.TrimSuffix(string(g.Status)+"/"+string(g.Reason), "/")]++
	delivered := g.Status == storage.StatusDelivered
	if delivered && len(asked) > 1 {
		sum.elsewhere++
	}
	if delivered != (len(images) > 0) || len(images) > g.Params.Count {
		c.t.Errorf("prompt %d ended as %s/%s with %d images of %d", n, g.Status, g.Reason, len(images), g.Params.Count)
	}
	return len(images)
}

func add(counts map[string]map[int]int, provider string, prompt int) {
	if counts[provider] == nil {
		counts[provider] = map[int]int{}
	}
	counts[provider][prompt]++
}

// checkGate fails the test for a call without an attempt, and for one that costs money and is not on the books.
func (c *chaos) checkGate(g *gate, sum tally) {
	c.t.Helper()
	read, accepted := g.byPrompt(c.t)
	for prompt, n := range read {
		if n > sum.known[g.name][prompt] {
			c.t.Errorf("%s was called %d times for prompt %d, by %d attempts", g.name, n, prompt, sum.known[g.name][prompt])
		}
		if g.paid && accepted[prompt] > sum.owned[g.name][prompt] {
			c.t.Errorf("%s charged %d times for prompt %d, and the books know of %d", g.name, accepted[prompt], prompt, sum.owned[g.name][prompt])
		}
	}
}

// traffic says what passed the gates.
func (c *chaos) traffic() string {
	all := make([]string, len(c.gates))
	for i, g := range c.gates {
		read, accepted := g.byPrompt(c.t)
		all[i] = fmt.Sprintf("%s took %d of %d", g.name, total(accepted), total(read))
	}
	return strings.Join(all, ", ")
}

// mischief says what the gates did.
func (c *chaos) mischief() map[mischief]int {
	all := map[mischief]int{}
	for _, g := range c.gates {
		g.set(func() {
			for what, n := range g.did {
				all[what] += n
			}
		})
	}
	return all
}

func total(counts map[int]int) (n int) {
	for _, k := range slices.Collect(maps.Values(counts)) {
		n += k
	}
	return n
}
