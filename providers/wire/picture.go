package wire

import (
	"context"

	"github.com/imagika/imagika/providers"
)

// Pictures opens results at addresses one after the other, each when its turn comes. One that breaks off can be fetched
// again. The seed is that of the i-th.
func (c *Client) Pictures(ctx context.Context, addresses []string, seed func(i int) int64) providers.Images {
	return func(yield func(providers.Image, error) bool) {
		for i, address := range addresses {
			file, said, err := c.Download(ctx, address)
			if err != nil {
				yield(providers.Image{}, err)
				return
			}
			img := c.Image(file, said, providers.Transient)
			img.Seed = seed(i)
			more := yield(img, nil)
			_ = file.Close()
			if !more {
				return
			}
		}
	}
}
