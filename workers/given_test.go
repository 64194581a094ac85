package workers

import (
	"strconv"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

const oneDay = int64(24 * time.Hour)

// Day by day there are credits, more of them each day up to the most, and from the button too.
func TestDailyCredits(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	b.has(b.say(b.ada, "/daily"), "no daily credits here")
	b.w.Settings.Given.Daily = storage.DailyTerms{Credits: 2, Bonus: 1, Most: 3, Keep: 48 * time.Hour}
	b.has(b.say(b.ada, "/daily"), "Daily credits start tomorrow", "2 credits will be waiting")
	b.ahead.Add(oneDay)
	b.has(b.say(b.ada, "/daily"), "🎁 2 credits for you today. You have 2 now.", "there’s more: 3.")
	b.has(b.say(b.ada, "/daily"), "You’ve had today’s credits. Come back in ", "3 credits will be waiting")
	b.ahead.Add(oneDay)
	m := b.say(b.ada, "/balance")
	b.has(m, "You have 2 credits", "Daily credits: 2, until ")
	b.press(b.ada, m, "🎁 Daily credits")
	b.has(b.last(b.ada), "Let me paint something with what you have first", "2 credits or more")
	who := strconv.FormatInt(b.ada.ID(), 10)
	b.w.Settings.Given.Alone = 2
	if _, err := b.w.Desk().MoveCredits(t.Context(), storage.By{Who: "ann", Why: "a test"}, who, -2, "Spent elsewhere."); err != nil {
		t.Fatal(err)
	}
	owed, err := b.s.SweepDeliveries(t.Context(), 10, true)
	if err != nil {
		t.Fatal(err)
	}
	b.w.post(t.Context(), owed)
	b.press(b.ada, m, "🎁 Daily credits")
	b.has(b.last(b.ada), "🎁 3 credits for you today, day 2 in a row. You have 3 now.", "there’s more: 3.")
	b.owns(b.ada, 3)
}

// What nobody opens in time goes back, and its giver is told; so many gifts are enough for a day.
func TestGiftsGoBack(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	b.has(b.say(b.ada, "/gift 3"), "can’t be given away here")
	b.w.Settings.Given.Gifts = 1
	b.through(b.ada.Pay(b.choose("10 🪙 · 10 ⭐").MessageID))
	b.has(b.say(b.ada, "/gift ten"), "How many credits", "You can give 10 credits")
	b.has(b.say(b.ada, "/gift 3"), "3 credits are wrapped", "?start=gift_")
	b.has(b.say(b.ada, "/gift 3"), "1 gift a day is the most")
	b.owns(b.ada, 7)
	b.ahead.Add(int64(storage.GiftTime))
	if err := b.w.returnGifts(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.handle()
	b.has(b.last(b.ada), "Nobody opened your gift in time. 3 credits are yours again.")
	b.owns(b.ada, 10)
}

func TestGuessedCodes(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	for range 5 {
		b.has(b.say(b.ada, "/promo nothing"), "I don’t know the code “nothing”")
	}
	b.has(b.say(b.ada, "/promo nothing"), "Please wait 1 min")
}
