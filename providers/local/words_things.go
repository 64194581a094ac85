package local

// objectWords are what people make, eat and ride.
const objectWords = `
boat: boat sail sailing sailboat yacht canoe rowboat / лодк лодок+ парус- яхт корабл кораблик / boot segelboot kahn yacht segel segelschiff / tekne kayık yelkenli yelken sandal / barco barca velero bote
ship: ship steamer liner ferry vessel / пароход теплоход судно лайнер / schiff dampfer kreuzfahrtschiff fähre / =gemi gemiler+ gemi vapur / buque crucero transatlántico
submarine: submarine / =подводная-лодка субмарин / u-boot unterseeboot / denizaltı / submarino
train: train locomotive railway / поезд паровоз / zug züge+ lokomotive eisenbahn / tren / tren ferrocarril
car: car automobile taxi truck / машин автомобил такси авто / auto wagen taxi / araba otomobil taksi / coche auto carro
bus: bus tram / автобус троллейбус трамвай / bus straßenbahn / otobüs tramvay / autobús autobuses+ tranvía
tractor: tractor / трактор / traktor / traktör / tractor
bicycle: bicycle bike / велосипед / fahrrad fahrräder+ rad =rad / bisiklet / bicicleta bici
plane: plane airplane aircraft / самолет / flugzeug / uçak uçağ / avión aviones+
rocket: rocket / ракет / rakete / roket / cohete
spaceship: spaceship spacecraft starship / звездолет / raumschiff / =uzay-gemisi uzaygemisi / =nave-espacial nave
ufo: ufo saucer / нло =летающая-тарелка / ufo / ufo =uçan-daire / ovni
satellite: satellite / спутник / satellit / uydu / satélite
planet: planet saturn mars jupiter venus / планет сатурн марс юпитер / planet saturn mars jupiter / gezegen satürn mars jüpiter / planeta saturno marte júpiter
balloon: balloon / =воздушный-шар шар =шар =шары+ шарик аэростат / ballon ballons+ heißluftballon luftballon / balon / globo
vase: vase bouquet / ваз букет / vase blumenstrauß strauß / vazo buket / jarrón florero ramo
bowl: bowl fruit fruits / миск фрукт / schale obst obstschale früchte schüssel / kase meyve / cuenco fruta tazón frutero
apple: apple / яблок яблоч- / apfel äpfel+ / elma / manzana
pear: pear / груш / birne / armut / pera
lemon: lemon lime / лимон / zitrone / limon / limón limones+
orange fruit: oranges+ tangerine mandarin / апельсин мандарин / apfelsine mandarine / portakal mandalina / mandarina
grapes: grape / виноград / traube weintraube / üzüm / uva
strawberry: strawberry strawberries+ raspberry / клубник земляник малин =малина / erdbeere himbeere / çilek / fresa frambuesa
cherries: cherry cherries+ / вишн черешн / kirsche / kiraz vişne / cereza
pumpkin: pumpkin / тыкв / kürbis / kabak balkabağ / calabaza
mushroom: mushroom toadstool / гриб мухомор / pilz / mantar / seta hongo champiñón
cake: cake birthday / торт кекс пирог / kuchen torte / pasta =pasta kek / pastel tarta torta
pizza: pizza / пицц / pizza / pizza / pizza
ice cream: icecream sundae / морожен / eiscreme eis-am-stiel / dondurma / helado
donut: donut doughnut / пончик / donut krapfen / =donut çörek / dona rosquilla
cup: cup coffee tea mug teacup teacups+ cocoa cappuccino latte / чашк чашек+ кофе чай =чай =чая чаем кружк какао / tasse kaffee tee =tee becher kakao / fincan kahve çay =çay =çayı kupa / taza café-taza té =té
teapot: teapot kettle / чайник / teekanne kanne kessel / çaydanlık demlik / tetera
candle: candle candles+ candlelight / свеч / kerze / =mum mumlar+ mum / vela
book: book / книг книж- / buch bücher+ / kitap kitab / libro
guitar: guitar / гитар / gitarre / gitar / guitarra
clock: clock watch alarm / час =часы будильник / uhr wecker / saat / reloj
crystal ball: crystal-ball / =хрустальный-шар / kristallkugel / =kristal-küre / =bola-de-cristal
gift: gift present / подар- / geschenk / hediye / regalo
lantern: lantern / =фонарик лампад / =öllampe / =gaz-lambası / farol linterna
umbrella: umbrella parasol / зонт зонтик / regenschirm schirm / şemsiye / paraguas sombrilla
heart: heart / сердц сердеч- / herz / kalp kalb / corazón corazones+
skull: skull / череп / schädel totenkopf / kafatası / calavera cráneo
`

// wornWords are what somebody wears or has.
const wornWords = `
hat: hat fedora / шляп шапк шапоч- / hut =hüte+ mütze / şapka / sombrero gorro
top hat: top-hat / цилиндр / zylinder / =silindir-şapka / chistera
straw hat: straw-hat / =соломенная-шляпа / strohhut / =hasır-şapka / =sombrero-de-paja
cap: cap beanie / кепк бейсболк / kappe / =kep bere / gorra
crown: crown tiara / корон =корона =короне =короной / krone / taç tac / corona
wizard hat: wizard-hat / колпак / zauberhut / =sihirbaz-şapkası / =sombrero-de-mago
party hat: party-hat / =праздничный-колпак / partyhut / =parti-şapkası / =gorro-de-fiesta
helmet: helmet / шлем / helm / miğfer kask / casco
scarf: scarf / шарф шарфик / schal / atkı / bufanda
glasses: glasses spectacles eyeglasses / очк / brille / gözlük gözlüğ / gafas lentes anteojos
sunglasses: sunglasses / =солнечные-очки =темные-очки / sonnenbrille / =güneş-gözlüğü / =gafas-de-sol
bow: ribbon bow / бант / schleife / fiyonk kurdele / lazo moño
hair: hair haired / волос / haar haare / saç saçlı / pelo cabello
beard: beard bearded / бород / bart bärtig / sakal / barba barbudo
dress: dress skirt gown / плать- юбк / kleid / elbise etek / vestido falda
coat: coat jacket cloak robe cape shirt sweater suit / пальто плащ куртк мантия рубашк свитер костюм / mantel jacke umhang hemd pullover anzug / palto ceket pelerin gömlek kazak / abrigo capa chaqueta camisa suéter traje
armor: armor armour / доспех лат =латах / rüstung / zırh / armadura
`

// doingWords are what somebody does.
const doingWords = `
sleeping: sleep asleep sleeping sleeps sleepy nap napping / спи- спящ- сон =сонный дрем- / schläft schlafend schlafen schlummer- / uyuyan uyuyor uyku / durmiendo duerme dormido dormida dormid-
flying: flying flies fly soaring hovering / летящ- лета- летит парящ- парит / fliegend- fliegt fliegen / uçan uçuyor / volando vuela volador
running: running runs run racing galloping / бежит бегущ- бега- скач- / rennend- rennt laufend- läuft galoppier- / koşan koşuyor / corriendo corre galopando
jumping: jumping jumps leaping / прыга- прыжк / springend- springt / zıplayan zıplıyor atlayan / saltando salta
dancing: dancing dances / танцу- пляш- / tanzend- tanzt / =dans eden / bailando baila
reading: reading reads / чита- / lesend- liest / okuyan okuyor / leyendo lee
sitting: sitting sits seated / сидящ- сидит / sitzend- sitzt / oturan oturuyor / sentado sentada sentad-
swimming: swimming swims / плавающ- плыв- плава- / schwimmend- schwimmt / yüzen yüzüyor / nadando nada
riding: riding rides / верхом скачущ- едет едущ- / reitend- reitet reiter / binen / montando cabalgando monta
holding: holding holds carrying with-a / держащ- держит с-в-руке / haltend- hält / tutan tutuyor / sosteniendo sostiene con-un
playing: playing plays / играющ- играет / spielend- spielt / çalan oynayan / tocando toca jugando juega
`
