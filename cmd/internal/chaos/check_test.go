package chaos_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
)

// verdict is what the checker found.
type verdict struct {
	Checked   map[string]int `json:"checked"`   // rows held against each invariant
	Wrong     []string       `json:"wrong"`     // what contradicts one
	Lost      int            `json:"lost"`      // updates that Telegram was told were done, without any effect
	Stale     int            `json:"stale"`     // updates that Telegram gave up because nobody asked for them in time
	Doubled   int            `json:"doubled"`   // effects there are twice
	Uncertain int            `json:"uncertain"` // sends of which somebody was told that they may not have arrived
	Ends      map[string]int `json:"ends"`      // of generations
	Images    int            `json:"images"`
	Attempts  int            `json:"attempts"`
	Elsewhere int            `json:"elsewhere"` // generations that another provider saved
}

func (v *verdict) wrong(format string, args ...any) {
	v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...))
}

// checker holds the books of the program against what Telegram, the providers, the bucket and everybody themselves know.
type checker struct {
	*world
	*verdict
	crowd *crowd
	known map[string]map[int]int // attempts by provider and prompt, and of them …
	owned map[string]map[int]int // … those that may have been paid for
	tardy map[string]bool        // attempts whose images came too late to be paid for
}

// check reads what there is in the end.
func (w *world) check(c *crowd) *verdict {
	w.t.Helper()
	k := &checker{
		world: w, crowd: c, known: map[string]map[int]int{}, owned: map[string]map[int]int{},
		verdict: &verdict{Checked: map[string]int{}, Ends: map[string]int{}, Wrong: []string{}},
	}
	k.tardy = map[string]bool{}
	for _, id := range w.texts(`SELECT id FROM attempts WHERE late`) {
		k.tardy[id] = true
	}
	k.updates()
	for _, p := range c.all {
		if k.erased(p) {
			k.gone(p)
			continue
		}
		k.account(p, k.pictures(p))
	}
	k.settled()
	k.payments()
	k.requests()
	k.bucketed()
	for _, g := range w.gates {
		k.bill(g)
	}
	k.conversations()
	k.strangers()
	k.books()
	k.proved()
	k.Uncertain = w.number(`SELECT (SELECT COUNT(*) FROM deliveries WHERE status = 'uncertain') + (SELECT COUNT(*) FROM relays WHERE status = 'uncertain')`)
	return k.verdict
}

// updates: whatever Telegram was told is done has had its effect. One that was given up counts as seen, and is told of.
func (k *checker) updates() {
	k.t.Helper()
	seen := map[string]bool{}
	for _, key := range k.texts(`SELECT update_key FROM seen_updates`) {
		seen[key] = true
	}
	stale := map[int64]bool{}
	for _, id := range k.tg.StaleUpdates() {
		stale[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(k.crowd.updates)) {
		k.Checked["updates"]++
		if !seen[k.hash(id)] && stale[id] {
			k.Stale++
		} else if !seen[k.hash(id)] {
			k.Lost++
			if *ack == config.AckSQL {
				k.wrong("update %d, a %s, is lost", id, k.crowd.updates[id])
			}
		}
	}
	for _, row := range k.texts(`SELECT update_key || ' ' || error FROM dead_letters`) {
		k.wrong("update given up: %s", row)
	}
}

var promptNumber = regexp.MustCompile(`number (\d+)$`)

// pictures holds a person's generations against what they asked for and what their chat shows, and returns what they paid.
func (k *checker) pictures(p *person) (paid int) {
	k.t.Helper()
	all, err := k.store.History(k.t.Context(), p.id, "", 100_000)
	fatal(k.t, err)
	got := map[int]int{}
	surely, perhaps := 0, 0
	for _, g := range all {
		n := 0
		if m := promptNumber.FindStringSubmatch(g.Request.Prompt); m != nil {
			n, _ = strconv.Atoi(m[1])
		}
		if got[n]++; !p.wishes[n] {
			k.wrong("%s has a generation %d that they did not ask for", p.User().FirstName, n)
		}
		kept, late := k.generation(g, n)
		paid += kept
		if perhaps += kept + late; g.Status == storage.StatusDelivered && g.Reason != storage.ReasonUncertain {
			surely += kept
		}
	}
	for _, n := range slices.Sorted(maps.Keys(p.wishes)) {
		switch k.Checked["prompts"]++; {
		case got[n] == 0 && *ack == config.AckSQL:
			k.wrong("prompt %d of %s had no effect", n, p.User().FirstName)
		case got[n] > 1:
			k.Doubled += got[n] - 1
			k.wrong("prompt %d of %s had its effect %d times", n, p.User().FirstName, got[n])
		}
	}
	k.shown(p, surely, perhaps)
	return paid
}

// shown holds a chat against the images that are its owner's: each once, nobody else's.
func (k *checker) shown(p *person, surely, perhaps int) {
	n := 0
	for _, m := range p.Messages() {
		if !m.FromBot() || m.Deleted {
			continue
		}
		if picture := len(p.wishes) > 0 && len(m.Photo) > 0 || m.Document != nil && !strings.HasSuffix(m.Document.FileName, ".zip"); picture {
			n++
		}
		if number := numberInPrompt.FindStringSubmatch(m.Caption); number != nil {
			k.Checked["captions"]++
			if n, _ := strconv.Atoi(number[1]); !p.wishes[n] {
				k.wrong("%s sees %q of somebody else", p.User().FirstName, m.Caption)
			}
		}
	}
	k.Checked["pictures"] += n
	if len(p.wishes) > 0 && (n < surely || n > perhaps) {
		k.Doubled += max(0, n-perhaps)
		k.wrong("%s sees %d pictures, want %d to %d; the chat:\n%s", p.User().FirstName, n, surely, perhaps, k.tg.Transcript(p.Person))
	}
}

// generation holds one against its attempts and images, and returns how many images are paid for and how many came too late.
func (k *checker) generation(g storage.Generation, number int) (kept, late int) {
	k.t.Helper()
	images, err := k.store.Images(k.t.Context(), g.ID, true)
	fatal(k.t, err)
	attempts, err := k.store.Attempts(k.t.Context(), g.ID)
	fatal(k.t, err)
	asked := map[string]bool{}
	for _, a := range attempts {
		asked[a.Provider] = true
		add(k.known, a.Provider, number)
		if a.State == storage.AttemptSucceeded || a.Billed != "no" {
			add(k.owned, a.Provider, number)
		}
	}
	for _, i := range images {
		if k.tardy[i.Attempt] {
			late++
		} else {
			kept++
		}
	}
	k.Attempts += len(attempts)
	k.Images += len(images)
	k.Checked["generations"]++
	k.Ends[strings.TrimSuffix(string(g.Status)+"/"+string(g.Reason), "/")]++
	ended := g.Status == storage.StatusDelivered || g.Status == storage.StatusUndeliverable
	if g.Status == storage.StatusDelivered && len(asked) > 1 {
		k.Elsewhere++
	}
	if ended != (kept > 0) || kept > g.Params.Count {
		k.wrong("prompt %d ended as %s/%s with %d images of %d, and %d late ones", number, g.Status, g.Reason, kept, g.Params.Count, late)
	}
	return kept, late
}

func add(counts map[string]map[int]int, provider string, prompt int) {
	if counts[provider] == nil {
		counts[provider] = map[int]int{}
	}
	counts[provider][prompt]++
}

// bill fails for a call without an attempt, and for one that costs money and is not on the books. Of somebody who was erased
// nobody knows any more which attempt was about what.
func (k *checker) bill(g *gate) {
	read, accepted := g.byPrompt(k.verdict)
	for prompt, n := range read {
		if k.forgotten(prompt) {
			continue
		}
		k.Checked["calls"] += n
		if known := k.known[g.name][prompt]; n > known {
			k.wrong("%s was called %d times for prompt %d, by %d attempts", g.name, n, prompt, known)
		}
		if owned := k.owned[g.name][prompt]; g.paid && accepted[prompt] > owned {
			k.wrong("%s charged %d times for prompt %d, and the books know of %d", g.name, accepted[prompt], prompt, owned)
		}
	}
}

// forgotten reports whether a prompt is one of somebody who has left.
func (k *checker) forgotten(prompt int) bool {
	return slices.ContainsFunc(k.crowd.leavers, func(p *person) bool { return p.wishes[prompt] })
}

// account holds what somebody has against what they were given, bought and spent.
func (k *checker) account(p *person, paid int) {
	k.t.Helper()
	acc, err := k.store.Account(k.t.Context(), p.id)
	fatal(k.t, err)
	bought := k.number(`SELECT COALESCE(SUM(credits), 0) FROM payments WHERE user_id = $1 AND status IN ('paid','refunding')`, p.id)
	k.Checked["accounts"]++
	if want := (storage.Account{Posted: int64(welcome - paid + bought)}); acc != want {
		k.wrong("%s has %+v, want %+v", p.User().FirstName, acc, want)
	}
}

// conversations: the partner sees what was said, in order, nothing missing and nothing twice, but for what somebody was told about.
func (k *checker) conversations() {
	for i, from := range k.crowd.talkers {
		to := k.crowd.talkers[i^1]
		all := spoken(to, true, nil)
		heard := slices.Sorted(maps.Keys(numbersOf(to)))
		if k.Checked["said"] += len(all); len(heard) != len(all) {
			k.Doubled += len(all) - len(heard)
			k.wrong("something arrived twice:\n%s", k.tg.Transcript(to.Person))
		}
		unsure := k.doubts(from)
		maps.Copy(unsure, k.doubts(to))
		was, is := spoken(from, false, unsure), spoken(to, true, unsure)
		if *ack == config.AckEnqueue { // what is lost was not said, or not changed
			was, is = withoutLost(was, is)
		}
		if !slices.Equal(was, is) {
			k.wrong("%s said %q\nseen %q\nnot sure about %v\n%s\n%s", from.User().FirstName, was, is, unsure, k.tg.Transcript(from.Person), k.tg.Transcript(to.Person))
		}
	}
}

// strangers: nobody sees a picture that was made for somebody else, and what two say to each other is
// seen by nobody but them.
func (k *checker) strangers() {
	k.t.Helper()
	owners := map[string]map[string]bool{} // of pictures, by hash
	for _, row := range k.texts(`SELECT sha256 || ' ' || user_id FROM images WHERE role = 'result'`) {
		sum, owner, _ := strings.Cut(row, " ")
		if owners[sum] == nil {
			owners[sum] = map[string]bool{}
		}
		owners[sum][owner] = true
	}
	for _, p := range k.crowd.all {
		name, talks := p.User().FirstName, slices.Contains(k.crowd.talkers, p)
		for _, m := range p.Messages() {
			if !m.FromBot() || m.Deleted {
				continue
			}
			if n := apptest.NumberOf(m); n != "" && !talks {
				k.wrong("%s sees %s, which was said to somebody else", name, n)
			}
			if number := numberInPrompt.FindStringSubmatch(m.Caption); number != nil {
				if n, _ := strconv.Atoi(number[1]); !p.wishes[n] {
					k.wrong("%s sees %q, which somebody else asked for", name, m.Caption)
				}
			}
			if len(m.Photo) == 0 {
				continue
			}
			_, content, ok := k.tg.File(m.Photo[len(m.Photo)-1].FileID)
			sum := sha256.Sum256(content)
			of := owners[hex.EncodeToString(sum[:])]
			if k.Checked["photos"]++; ok && len(of) > 0 {
				k.Checked["photos that are known"]++
				if !of[strconv.FormatInt(p.id, 10)] {
					k.wrong("%s sees a picture of somebody else", name)
				}
			}
		}
	}
}

// withoutLost is the numbers of what was said and has been seen, and of what was seen.
func withoutLost(was, is []string) (said, seen []string) {
	for _, words := range is {
		seen = append(seen, apptest.NumberIn(words))
	}
	for _, words := range was {
		if n := apptest.NumberIn(words); slices.Contains(seen, n) {
			said = append(said, n)
		}
	}
	return said, seen
}

// doubts are the numbers of which somebody was told that they may not have arrived, or was to be told by a message that may not have
// arrived itself.
func (k *checker) doubts(p *person) map[string]bool {
	k.t.Helper()
	all := announced(p)
	for _, row := range k.texts(`SELECT r.sources FROM relays r JOIN conversation_members m ON m.conversation_id = r.conversation_id AND m.side = r.side
		WHERE m.user_id = $1 AND r.status IN ('uncertain','dropped')`, p.id) {
		for one := range strings.SplitSeq(row, ",") {
			id, _ := strconv.ParseInt(one, 10, 64)
			if m, ok := p.Message(id); ok {
				all[apptest.NumberOf(m)] = true
			}
		}
	}
	return all
}

// numbersOf are the numbers that somebody was told, an album for one.
func numbersOf(p *person) map[string]bool {
	all := map[string]bool{}
	for _, m := range apptest.Numbered(p.Person, true) {
		all[apptest.NumberOf(m)] = true
	}
	return all
}
