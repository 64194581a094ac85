package local

// wearDrawings are what somebody wears. A hat's box stands on the head and is as wide as it; glasses and scarves lie
// around the middle of theirs.
var wearDrawings = map[string]drawing{
	"hat":        {color: 0x5a4034, accent: 0xc8483a, pale: 0xffffff, parts: []part{{body, "O 50,97 66,11"}, {body, "M 18,96 C 18,60 24,44 50,44 C 76,44 82,60 82,96 Z"}, {accent, "M 18,82 C 40,90 60,90 82,82 L 82,94 C 60,102 40,102 18,94 Z"}}},
	"top hat":    {color: 0x2a2830, accent: 0xc8303a, pale: 0xffffff, parts: []part{{body, "O 50,97 60,10"}, {body, "M 20,96 L 16,20 C 30,14 70,14 84,20 L 80,96 Z"}, {accent, "M 19.6,76 C 40,82 60,82 80.6,76 L 80,92 C 60,98 40,98 20,92 Z"}, {near, "O 50,19 33,6"}}},
	"crown":      {color: 0xf2c23a, accent: 0xd8304a, pale: 0xffffff, parts: []part{{body, "M 12,100 L 6,46 L 28,70 L 50,36 L 72,70 L 94,46 L 88,100 C 64,106 36,106 12,100 Z"}, {near, "O 6,44 5,5 O 50,33 6,6 O 94,44 5,5"}, {accent, "O 50,86 6,6"}, {hue, "#3a8ad8 O 28,87 4.6,4.6 X"}}},
	"wizard hat": {color: 0x3f4aa8, accent: 0xf2c84a, pale: 0xffffff, parts: []part{{body, "O 50,98 78,14"}, {body, "M 16,98 C 26,60 36,20 62,-36 C 60,-10 66,10 70,30 C 76,56 82,80 84,98 C 62,106 38,106 16,98 Z"}, {accent, "M 17,90 C 38,100 62,100 83,90 L 84,99 C 62,108 38,108 16,99 Z N 44,62 5,5 5,1 N 62,40 4,4 5,1 N 58,76 3.6,3.6 5,1"}}},
	"witch hat":  {color: 0x3a2a4a, accent: 0x8ac84a, pale: 0xf2c84a, parts: []part{{body, "O 50,98 82,13"}, {body, "M 16,98 C 28,66 34,30 60,-20 C 70,-30 84,-26 88,-16 C 78,-18 72,-10 72,10 C 74,50 82,80 84,98 C 62,106 38,106 16,98 Z"}, {accent, "M 18,84 C 38,94 62,94 82,84 L 84,98 C 62,106 38,106 16,98 Z"}, {pale, "R 42,88 16,14 2,0"}}},
	"santa hat":  {color: 0xd0282e, accent: 0xffffff, pale: 0xffffff, parts: []part{{body, "M 12,92 C 12,40 60,20 96,48 C 104,56 108,66 108,76 C 98,66 90,66 86,92 Z"}, {accent, "O 108,80 12,12 R 4,84 92,20 10,0"}}},
	"straw hat":  {color: 0xe8c87a, accent: 0xc8504a, pale: 0xffffff, parts: []part{{body, "O 50,96 84,15"}, {near, "M 20,94 C 20,62 34,52 50,52 C 66,52 80,62 80,94 Z"}, {accent, "M 20,82 C 40,90 60,90 80,82 L 80,93 C 60,101 40,101 20,93 Z"}}},
	"cap":        {color: 0x2f6fd0, accent: 0xf4f4f4, pale: 0xffffff, parts: []part{{far, "M 60,92 C 84,84 112,88 118,100 C 98,102 76,104 60,102 Z"}, {body, "M 6,100 C 6,56 28,46 50,46 C 74,46 92,60 94,98 C 66,106 34,106 6,100 Z"}, {accent, "O 50,46 5,4"}}},
	"cook hat":   {color: 0xfbfaf6, accent: 0xe0dcd4, pale: 0xffffff, parts: []part{{body, "O 24,46 24,24 X O 50,34 28,26"}, {body, "R 16,50 68,50 4,0"}, {accent, "R 16,84 68,16 3,0"}}},
	"helmet":     {color: 0xa8b2c0, accent: 0xd83a3a, pale: 0x2a2a32, parts: []part{{accent, "M 46,22 C 30,6 14,10 4,30 C 20,24 36,28 46,40 Z"}, {body, "M 0,150 C -8,70 14,28 50,28 C 86,28 108,70 100,150 C 80,176 20,176 0,150 Z"}, {far, "R 46,30 8,140 2,0"}, {pale, "R 8,98 84,18 6,0"}, {far, "R 22,128 3,26 1,0 R 32,130 3,28 1,0 R 65,130 3,28 1,0 R 75,128 3,26 1,0"}, {hue, "#ffffff O 30,107 4,4 X"}}},
	"kabuto":     {color: 0x3a3440, accent: 0xf2c23a, pale: 0xa82a30, parts: []part{{pale, "M -8,130 C -14,96 0,76 12,70 L 16,104 Z X"}, {body, "M -4,102 C -2,52 22,36 50,36 C 78,36 102,52 104,102 C 70,88 30,88 -4,102 Z"}, {accent, "M 46,80 C 22,70 8,44 4,16 C 18,40 34,54 50,62 C 66,54 82,40 96,16 C 92,44 78,70 54,80 Z O 50,76 8,8"}}},
	"pirate hat": {color: 0x262230, accent: 0xf6f0e0, pale: 0xffffff, parts: []part{{body, "M -14,96 C -6,76 14,84 20,60 C 30,34 70,34 80,60 C 86,84 106,76 114,96 C 90,106 70,94 50,94 C 30,94 10,106 -14,96 Z"}, {accent, "O 50,64 10,10 R 45,70 10,10 2,0 T 3,3 32,84 68,74 T 3,3 32,74 68,84"}, {body, "O 46,63 2.4,2.8 X"}}},
	"party hat":  {color: 0xe84a8a, accent: 0xf6d04a, pale: 0x5ac0e8, parts: []part{{body, "M 50,10 L 84,100 C 62,106 38,106 16,100 Z"}, {pale, "M 38,42 L 63,44 L 69,60 L 32,58 Z M 26,76 L 76,78 L 80,92 L 20,90 Z"}, {accent, "W 50,8 9,9 8,0.3"}}},
	"bow":        {color: 0xe8486a, accent: 0xb02a48, pale: 0xffffff, parts: []part{{body, "M 50,88 C 30,60 0,58 -2,78 C -4,104 30,112 50,92 Z X"}, {accent, "O 50,90 9,10"}}},
	"flower":     {color: 0xe86a9a, accent: 0xf6d04a, pale: 0xffffff, parts: []part{{body, "W 74,88 22,22 7,0.3"}, {accent, "O 74,88 9,9"}}},
	"scarf":      {color: 0xd8402e, accent: 0xf4e4c4, pale: 0xffffff, parts: []part{{far, "M 60,52 L 88,54 L 94,112 L 70,114 Z"}, {body, "M -8,36 C 24,56 76,56 108,36 C 112,48 110,58 104,64 C 74,80 26,80 -4,64 C -10,58 -12,48 -8,36 Z"}, {accent, "T 4,4 69,84 92,82 T 4,4 70,98 94,96"}}},
	"glasses":    {color: 0x2a2630, accent: 0x2a2630, pale: 0xd8ecf8, parts: []part{{hue, "#2a2630 O 0,50 34,34 X T 8,8 30,46 70,46"}, {pale, "O 0,50 26,26 X"}, {hue, "#2a2630 O 4,52 12,15 X"}, {eye, "O 8,46 5,5 O 104,46 5,5"}}},
	"sunglasses": {color: 0x22202a, accent: 0x22202a, pale: 0x5a6a8a, parts: []part{{body, "R -36,28 66,44 18,0 X R 26,36 48,9 2,0"}, {pale, "P -14,42 10,4 -30,0 P 86,42 10,4 -30,0"}}},
}

// heldDrawings are what somebody holds that stands in no other table.
var heldDrawings = map[string]drawing{
	"staff":  {color: 0x7a5030, accent: 0x8ad8f0, pale: 0xffffff, parts: []part{{body, "R 47.6,10 4.8,92 2,0"}, {accent, "O 50,6 9,9"}, {eye, "O 47,3 2.4,2.4"}}},
	"broom":  {color: 0x8a5a34, accent: 0xe0b85a, pale: 0xffffff, parts: []part{{body, "R 48,0 4,80 1,0"}, {accent, "M 46,70 L 54,70 L 64,102 L 36,102 Z"}, {line, "R 45,70 10,3 1,0"}}},
	"sword":  {color: 0xd8dee6, accent: 0xc89a3a, pale: 0x6a4030, parts: []part{{body, "M 46,72 L 46,8 L 50,0 L 54,8 L 54,72 Z"}, {far, "R 49.4,8 1.2,62 0,0"}, {accent, "R 34,70 32,5 2,0 O 50,92 4,4"}, {pale, "R 47,75 6,15 1,0"}}},
	"katana": {color: 0xdfe4ea, accent: 0xc89a3a, pale: 0x3a2a34, parts: []part{{body, "M 47,74 C 48,50 52,22 62,2 C 60,26 56,50 53,74 Z"}, {accent, "R 41,73 18,3.6 2,0"}, {pale, "R 46.6,76 6,20 2,0"}}},
	"wand":   {color: 0xf6e6b0, accent: 0xf6c83a, pale: 0xffffff, parts: []part{{body, "R 48.8,30 2.4,70 1,0"}, {accent, "N 50,26 12,12 5,1"}}},
	"posy":   {color: 0xe8485a, accent: 0x5a9a44, pale: 0xf6d04a, parts: []part{{accent, "T 3,3 50,102 50,40 P 40,74 11,4 30,0"}, {body, "W 50,28 17,17 7,0.3"}, {pale, "O 50,28 8,8"}}},
}
