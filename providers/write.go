package providers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// opModerate is what a Moderator is asked, as a label; the writings are labels of their own.
const opModerate = "moderate"

// wordsCost is what a call of a Writer is taken to cost where nobody says, in micro-dollars: a fifth of a cent, which is
// more than any of them asks.
const wordsCost = 2_000

// Writers lists who can do a writing, the one to ask first in front, without those that a person keeps out.
func (r *Router) Writers(w Writing, without []string) (all []Provider) {
	for _, name := range r.writers {
		p := r.providers[name]
		writer, ok := p.(Writer)
		if ok && slices.Contains(writer.Writings(), w) && !slices.Contains(without, name) {
			all = append(all, p)
		}
	}
	return all
}

// PickWriter chooses who does a writing: the first that is not to be left alone, was not tried and has budget left. Errors
// are those of Pick.
func (r *Router) PickWriter(ctx context.Context, w Writing, without, tried []string) (Provider, error) {
	return r.pickWords(ctx, string(w), slices.DeleteFunc(r.Writers(w, without), func(p Provider) bool {
		return slices.Contains(tried, p.Name())
	}))
}

// pickWords chooses among those that can do something besides images.
func (r *Router) pickWords(ctx context.Context, op string, all []Provider) (Provider, error) {
	wait, waits, refused, now := time.Duration(0), false, false, r.now()
	for _, p := range all {
		both, err := r.standings.load(ctx, wordsKey(p), providerKey(p.Name()))
		if err != nil {
			return nil, err
		}
		state, left := worse(now, both[0], both[1])
		_, held := r.held(p.Name(), "")
		budget := r.book.Load().limits[p.Name()].DailyBudget
		switch {
		case state == StateDisabled, held:
			refused = true
		case state == StateOpen, state == StateCooling:
			if !waits || left < wait {
				wait, waits = left, true
			}
		case budget > 0 && both[1].today(now)+wordsCost > budget:
		default:
			return p, nil
		}
	}
	switch {
	case waits:
		return nil, &Error{
			Provider: routerName, Class: RateLimited, Billed: BilledNo, Wait: max(wait, time.Second), Scope: ScopeModel,
			Err: fmt.Errorf("everybody who can %s is to be left alone", op),
		}
	case refused:
		return nil, &Error{Provider: routerName, Class: Auth, Billed: BilledNo, Err: fmt.Errorf("whoever can %s was refused or is switched off", op)}
	}
	return nil, refuse(fmt.Errorf("%s: %w", op, ErrNoCandidate))
}

// wordsKey names what calls about words told of a provider. Its images are another matter.
func wordsKey(p Provider) string { return "words:" + p.Name() }

// Write makes the one call of a writing, counts it and remembers what it says about the provider.
func (r *Router) Write(ctx context.Context, p Provider, req WriteRequest) (Written, error) {
	writer, ok := p.(Writer)
	if !ok {
		return Written{}, cannot(p, string(req.Writing))
	}
	done := r.metrics.begin(ctx, p.Name(), string(req.Writing))
	got, err := guard(p, func() (Written, error) { return writer.Write(ctx, req) })
	if err == nil && got.Text == "" {
		err = &Error{Provider: p.Name(), Class: NoOutput, Billed: BilledMaybe, Err: errors.New("answered with nothing")}
	}
	done(err)
	got.Cost = wordsBill(got.Cost, err)
	r.reportWords(ctx, p, string(req.Writing), got.Cost, err)
	return got, err
}

// wordsBill is what a call costs as far as one knows.
func wordsBill(cost int64, err error) int64 {
	switch {
	case free(err):
		return 0
	case err == nil && cost >= 0:
		return cost
	}
	return wordsCost
}

// reportWords is report for calls that make no image.
func (r *Router) reportWords(ctx context.Context, p Provider, op string, cost int64, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitsTimeout)
	defer cancel()
	if cost > 0 {
		r.metrics.cost.WithLabelValues(p.Name(), op).Add(float64(cost) / 1e6)
	}
	now := r.now()
	own, key := verdicts(now, err)
	_ = r.standings.change(ctx, wordsKey(p), own)
	if key == nil && cost == 0 {
		return
	}
	_ = r.standings.change(ctx, providerKey(p.Name()), func(s *Standing) {
		s.spend(now, cost)
		if key != nil {
			key(s)
		}
	})
}

// Moderators lists who may be asked to judge, the one to ask first in front, without those that a person keeps out.
func (r *Router) Moderators(without []string) (all []Provider) {
	for _, name := range r.listed {
		if _, ok := r.providers[name].(Moderator); ok && !slices.Contains(without, name) {
			all = append(all, r.providers[name])
		}
	}
	return all
}

// Moderate lets a text and pictures be judged by the first Moderator that a person does not keep out and that is not to be
// left alone, at no cost. It returns the categories that apply, and who said so: nobody, without an error, where there is no
// Moderator at all.
func (r *Router) Moderate(ctx context.Context, text string, pictures []Reference, without []string) (found []Category, by string, err error) {
	all := r.Moderators(without)
	if len(all) == 0 {
		return nil, "", nil
	}
	p, err := r.pickWords(ctx, opModerate, all)
	if err != nil {
		return nil, "", err
	}
	done := r.metrics.begin(ctx, p.Name(), opModerate)
	found, err = guard(p, func() ([]Category, error) { return p.(Moderator).Moderate(ctx, text, pictures) })
	done(err)
	r.reportWords(ctx, p, opModerate, 0, err)
	return found, p.Name(), err
}
