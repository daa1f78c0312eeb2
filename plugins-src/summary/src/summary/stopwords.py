"""The words that carry grammar and no subject, by language: compact lists of the most frequent ones.

They are left out where subjects are compared, they end key phrases, they tell languages apart, and a capital one after
a full stop begins a sentence.
"""

_LISTS = {
    "en": """a about above after again against all also although always am an and another any are aren't around as at away
        back be became because been before being below between both but by came can can't cannot come could couldn't did
        didn't do does doesn't doing don't done down during each either else even ever every few for from further get gets
        getting give given go goes going gone got had hadn't has hasn't have haven't having he her here hers herself him
        himself his how however i i'm i've if in instead into is isn't it it's its itself just keep kept last let like made
        make makes many may maybe me might more most much must my myself neither never no nor not now of off often on once
        one only onto or other our ours ourselves out over own per perhaps put quite rather really said same say says see
        seem seems several shall she should since so some something soon still such take taken than that that's the their
        theirs them themselves then there there's therefore these they they're this those though through thus to together
        too toward towards under until up upon us used very via was wasn't we well went were weren't what when where
        anyone anything everyone everything need needs nothing someone two three first second new whether which while who whom whose why will with within without won't would wouldn't yes yet you your yours""",
    "de": """ab aber alle allem allen aller alles als also am an andere anderen anderer auch auf aus bei beide beim bereits
        bin bis bist bleibt da dabei dadurch dafür dagegen daher damals damit danach dann daran darauf darf darin darüber
        darum das dass davon davor dazu dein deine dem den denen denn dennoch der deren des deshalb dessen die dies diese
        diesem diesen dieser dieses dir doch dort du durch dürfen ebenfalls eher ein eine einem einen einer eines einige
        einigen einmal er erst erste ersten es etwa etwas euch euer fast für gab ganz gar geben gegen gewesen gibt gut habe
        haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in indem ins ist ja je
        jede jedem jeden jeder jedes jedoch jetzt kam kann kein keine keinen keiner können könnte konnte konnten machen
        macht man manche mehr mein meine meist mich mir mit muss müssen musste nach nachdem nein nicht nichts nie noch nun
        nur ob obwohl oder oft ohne sagt sagte schon sehr sei seien sein seine seinem seinen seiner seit selbst sich sie
        sind so sogar solche soll sollen sollte sondern sonst soweit sowie statt trotz über um und uns unser unsere unter
        viel viele vielen vom von vor während war waren warum was weder weil weiter weitere welche welchem welcher wenig
        wenn wer werden wie wieder will wir wird wo wobei wollen wollte worden wurde wurden würde würden zu zum zur
        zwischen""",
    "fr": """à afin ai ainsi alors après as au aucun aucune aujourd'hui auquel aura aussi autre autres aux avaient avait
        avant avec avoir bien c'est car ce ceci cela celle celles celui cependant ces cet cette ceux chaque chez ci comme
        comment contre d'un d'une dans de depuis dernier dernière des deux devant doit doivent donc dont du durant elle
        elles en encore enfin ensuite entre est et étaient étais était étant été être eu eux faire fait faut furent fut
        hors il ils j'ai je jusqu'à l'a l'on la là le lequel les leur leurs lors lorsque lui ma mais malgré me même mêmes
        mes moi moins mon n'a n'est ne ni non nos notre nous on ont ou où par parce parfois parmi pas pendant peu peut
        peuvent plus plusieurs plutôt pour pourquoi pourtant pouvait près puis puisque qu'elle qu'il qu'ils qu'on qu'un
        qu'une quand que quel quelle quelles quelque quelques quels qui quoi s'est sa sans sauf se selon sera seront ses si
        sinon sauf soit son sont sous souvent suis sur ta te tel telle tellement tes toi ton toujours tous tout toute
        toutes très trop tu un une va vers voici voilà vont vos votre vous y""",
    "es": """a al algo algún alguna algunas alguno algunos ante antes apenas aquel aquella aquellas aquello aquellos aquí
        así aún aunque bajo bien cada casi como cómo con contra cual cuál cuales cualquier cuando cuándo cuanto de debe
        deben decir del demás desde después dice dijo donde dónde dos durante e el él ella ellas ellos en entonces entre
        era eran eres es esa esas ese eso esos esta ésta está están estaba estaban estar estas este éste esto estos estoy
        fin fue fueron gran ha había habían haber habrá hace hacen hacer hacia han hasta hay he hizo la las le les lo los
        luego más me mi mí mientras mis misma mismas mismo mismos mucho muchas muchos muy nada ni ningún ninguna ninguno no
        nos nosotros nuestra nuestras nuestro nuestros nunca o os otra otras otro otros para parte pero poco pocos podía
        podrá por porque pues puede pueden que qué quien quién quienes se sea sean según ser será serán si sí sido siempre
        sin sino sobre solo sólo son soy su sus también tampoco tan tanto te tenemos tener tengo tenía ti tiene tienen toda
        todas todavía todo todos tras tu tú tus un una unas uno unos usted ustedes va van varias varios vez y ya yo""",
    "it": """a abbiamo ad agli ai al alcuna alcune alcuni alcuno all'altro alla alle allo allora altra altre altri altro
        anche ancora appena avere aveva avevano c'è che chi ci ciascuno ciò cioè come comunque con contro cosa così cui da
        dagli dai dal dalla dalle dallo davanti degli dei del della delle dello dentro deve devono di dice dopo dove due
        dunque durante e è ed egli era erano essa esse essere essi fa fare fatto fin fino fosse fra fu furono già gli ha
        hai hanno ho i il in infatti infine insieme invece io l'ha la là le lei li lo loro lui ma mai me meno mentre mi mia
        mie miei mio molta molte molti molto ne né neanche negli nei nel nell'ambito nella nelle nello nessun nessuna
        nessuno niente noi non nostra nostre nostri nostro nulla o ogni oggi oltre oppure ora ossia per perché però più
        poco poi possono prima proprio può pur pure qua quale quali qualche quando quanta quanti quanto quasi quei quel
        quella quelle quelli quello questa queste questi questo qui quindi sarà se sebbene secondo sei sempre senza si sia
        siamo siano sopra sono sotto sta stata state stati stato stessa stesse stessi stesso su sua subito sue sugli sui
        sul sulla sulle sullo suo suoi tale tali tanto te ti tra troppo tu tua tue tuo tuoi tutta tutte tutti tutto un una
        uno va verso vi via voi vostra vostro""",
    "nl": """aan achter af al alle alleen alles als altijd andere anders ben bent beter bij bijna binnen boven buiten
        daar daarna daarom daarvan dan dat de deze die dit doch doen doet door dus echter een eens eerst elk elke en enige
        enkele er ergens erg even ge geen geweest gewoon haar had hadden heb hebben hebt heeft heel hem hen het hier hij
        hoe hun iemand iets ik in is ja je jij jou jouw jullie kan kon konden kunnen kunt langs maar maken me mede meer mij
        mijn minder misschien mocht moest moet moeten mogen na naar nadat net niemand niet niets nog nogal nooit nu of om
        omdat ondanks onder ons onze ook op opnieuw over pas per reeds sinds slechts sommige soms steeds te tegen ten ter
        terug terwijl tijdens toch toen tot totdat tussen u uit uw van vanaf veel verder via vol volgens voor vooral
        voordat vroeger waar waarbij waarom waarop wanneer want waren was wat we weer weg wegens wel welk welke werd werden
        wie wij wil willen word worden wordt ze zeer zei zeker zelf zelfs zich zij zijn zo zoals zonder zou zouden zowel
        zullen""",
    "pt": """a à agora ainda além algo algum alguma algumas alguns ali ante antes ao aos apenas após aquela aquelas aquele
        aqueles aquilo aqui as às assim até bem cada com como contra contudo da dá daquele das de dela delas dele deles
        depois desde dessa desse desta deste deve devem disse diz do dois dos durante e é ela elas ele eles em embora
        enquanto entanto então entre era eram essa essas esse esses esta está estão estas estava estavam este estes eu
        faz fazer foi foram fosse há havia isso isto já la lhe lhes lo logo mais mas me mediante meio menos mesma mesmas
        mesmo mesmos meu meus minha minhas muita muitas muito muitos na nada não nas nem nenhum nenhuma nessa nesse nesta
        neste ninguém no nos nós nossa nossas nosso nossos num numa nunca o onde os ou outra outras outro outros para parte
        pela pelas pelo pelos perante pode podem pois por porém porque portanto pouco poucos própria próprio qual quais
        qualquer quando quanto quase que quem são se seja sejam sem sempre sendo ser será serão seu seus si sido só sob
        sobre sua suas tais tal também tanta tanto te tem têm tendo ter teve tinha toda todas todavia todo todos tu tua
        tudo um uma umas uns vai vários você vocês vos""",
    "sv": """alla allt alltid än andra annan annat är ännu åt att av båda bara behöver blev bli blir blivit borde bort bra
        då där därför de dem den denna dess dessa det detta dig din dina ditt dock du efter eftersom ej eller en ens er
        era ett få fall fanns får fast fått fick finns flera fler för före först förut fram från ge genom ger gick gör göra
        gjorde ha hade han hans har här helt henne hennes hon honom hos hur i ibland icke igen in inga ingen inget inom
        inte ja jag ju kan kom kommer kunde kunna längre lika lite man många måste med medan mellan men mer mest mig min
        mina mindre mitt mot mycket någon någonting något några när nästan ned nej ni nog nu och också om oss på redan så
        sade säger samma sedan ska skall skulle själv sig sin sina sitt som stora ta tar till tog trots två ut utan utom
        vad var vår våra varför varit varje vart vem vi vid vilka vilken vilket vill""",
    "da": """ad af aldrig alle alt altid anden andet andre at bare begge blandt blev blive bliver blevet burde bør da de
        dem den denne dens der derefter deres derfor derpå det dette dig din dine disse dit dog du efter eftersom ej eller
        en end endnu ens er et få fandt får fik fire flere fleste for fordi fra frem før først ganske gennem gik gjorde
        gjort gør gøre ham han hans har havde have hele hen hende hendes her hos hun hvad hvem hver hvilke hvilken hvis
        hvor hvordan hvorfor hvornår i igen igennem ikke ind inden ingen intet ja jeg jer jo kan kom komme kommer kun
        kunne lade længere lidt lige man mange måske må med meget mellem mens mere mest mig min mindre mine mit mod måtte
        næste næsten når nej nogen noget nogle nok nu ny nye og også om op os over på sagde samme samt se selv ser siden
        siger sig sin sine sit skal skulle snart som så sådan sammen store tag til tre to ud uden under undtagen var ved
        vi vil ville vor vores være været""",
    "no": """å alle alt andre annen annet at av både bare begge ble blei bli blir blitt bort bra burde da de deg dem den
        denne der derfor deres dersom det dette di din disse ditt du eller en enda ennå er et etter få fikk får flere for
        fordi før først fra gikk gjennom gjør gjøre gjorde gjort god gå går ha hadde ham han hans har hele helt hennes
        henne her hos hun hva hvem hver hvilken hvilke hvis hvor hvordan hvorfor i igjen ikke imellom inn innen ingen
        ingenting jeg jo kan kom komme kommer kun kunne lage lang like litt man mange må måtte med meg meget mellom men
        mens mer mest mi min mindre mine mitt mot mye nå når nei noe noen nok ny nye og også om opp oss over på samme
        samtidig seg selv si siden sier sin sine sitt skal skulle slik som så sånn ta tar til to under ut uten vår våre
        ved var vært være vi vil ville""",
    "fi": """ei eikä eivät eli emme en enää enemmän ennen ensin erittäin että etteivät hän hänelle hänen hänet häntä he
        heidän heille heitä ihan itse itsensä ja jälkeen jo johon jolla jolle jona jonka jopa jos joskus jossa josta jota
        jotka jotta joten joka jokin jotain jotkut juuri kaikki kaikkien kanssa kautta kerran keskellä koko koska koskaan
        kuin kuinka kuitenkin kuka kun kuten kyllä luona lähes me meidän meille meitä melko mihin mikä mikäli miksi millä
        minä minun minut missä mistä mitä miten molemmat muiden muita mukaan mutta muu muut myös myöskin ne niiden niin
        niitä näiden näin nämä niille noin nyt olemme olen oleva olevat oli olin olisi olivat olla olleet ollut on onko
        ovat paitsi paljon se sekä sellainen sen siellä siihen siinä siis sillä silti sinä sinun sitten sitä suuri taas tai
        takia te teidän tämä tämän tässä tästä täten tätä tuo tuon vaan vai vaikka vain vastaan vielä voi voidaan voivat
        yhä yksi yli""",
    "pl": """a aby ale ani aż bardzo bez bo być był była było były będą będzie chce choć ci ciągle co coś czy czyli często
        da dla dlaczego dlatego do dobrze dość dużo dwa dwie dziś gdy gdyby gdyż gdzie go i ich ile im inna inne innych
        iż ja jak jaka jakie jakiś jako je jeden jedna jednak jednym jego jej jemu jest jestem jeszcze jeśli jeżeli już
        każda każde każdy kiedy kilka kto która które którego której który których którym którzy lub lecz ma mają mam
        mamy mi między mimo mnie może możemy mogą można mój mu musi my na nad nam nami nas nasz nasza nasze natomiast
        natychmiast nawet nic nich nie niej niektóre nigdy nim nimi niż no o obok od około on ona one oni ono oraz pan pani
        po pod podczas poza ponad ponieważ potem powinien poprzez przeciw przed przede przez przy raczej raz razem również
        sam sama się skąd są sobie sposób swoje swojej swój ta tak taka taki takich takie także tam te tego tej ten też
        tę to tobie toteż tu tutaj twój ty tych tylko tym u w wam was we według wiele wielu więc więcej właśnie wszyscy
        wszystkie wszystkich wszystko wtedy wśród z za zaś zawsze ze że żeby żadna żaden został została zostały""",
    "cs": """a aby ač ačkoli ale ani anebo asi aspoň až bez bude budou by byl byla byli bylo byly být co což či další
        daleko dva dvě do dokud dosud hodně i já jak jaká jaké jako jaký je jeden jedna jedno jeho jehož její jejich jejíž
        jemu jen jenom jenž ještě jestliže ji jí jich jim jím jimi jiné již jsem jsi jsme jsou jste k kam kde kdo kdy
        když každý každá každé ke kolem která které kterého který kteří kterou kromě ku má mají málo mám mezi mě mi mimo
        mít mně mnoho mnou moc mohl mohla mohou moje můj může my na nad nám námi nás náš naše naši ne nebo neboť nebyl
        nebyla nebylo nebyly něco nechť někdo některé některý nějaký než nic nich něj ním nimi není nikdo nikdy o od ode
        on ona oni ono ony pak po pod podle pokud pouze potom právě před přes přesto při pro proč protože proti první
        s se sám samé sami si sice snad spolu své svého svou svůj svých ta tak také takže takový tam tato tě tedy ten tento
        této ti tím tímto to tohle toho tohoto tom tomto tomu toto tu tuto tvůj ty tyto u už v vám vámi vás váš vaše ve
        více však všechno všechny všichni vždy vy z za zatímco zcela zde ze že""",
    "sk": """a aby aj ak ako aký ale alebo ani áno asi až bez bol bola boli bolo bude budem budeme budú by byť cez čo čí
        či ďalší dnes do ešte ho hoci i iba ich im iné iný ja je jeho jej jemu ju k kam každý každá každé kde kedy keď
        kto ktorá ktoré ktorého ktorej ktorí ktorou ktorý ktorých ku lebo len ma má majú mal mala malo máme medzi mi mne
        mnou môj môže možno my na nad nám nami nás náš naše nech než nič nie niektoré niekto nich nim ním o od odo on ona
        oni ono po pod podľa pokiaľ potom pre pred predo preto pretože prečo pri prvý s sa seba sem si sme so som sú
        svoj svoje svojej svojich ste ta tak takže taký tam táto teda ten tento tie tieto tiež to toho tohto tom tomto
        tomu toto tu tú túto ty tým týmto už v vám vami vás váš vaše viac však všetci všetko všetky vy z za zo že""",
    "hu": """a abban ad addig ahhoz aki akik akkor alá alatt által általában amely amelyek amelyet ami amíg amikor amit
        annak arra arról át az azért aznap azok azon azonban azt aztán azután bár be belül benne csak de e ebben eddig
        egy egyéb egyes egyik egyre ehhez ekkor el elég ellen előtt először elsősorban én ennek ennél erre és ez ezek ezen
        ezért ezt ezzel fel felé fog ha hanem hiszen hogy hogyan igen így illetve ilyen inkább is itt jó jól kell kellett
        képest kerül keresztül ki kívül között közül le legalább legyen lehet lehetett lenne lesz lett ma maga magát majd
        már más másik meg mellett mely melyek mert mi miatt miért mikor milyen mind minden mindig mint mintha most nagyon
        ne nekem neki nélkül nem nincs ő ők olyan on ott össze őt pedig rá részben s saját sem semmi során sok sokkal
        sőt szemben szerint szinte talán tehát teljes több úgy ugyanis új újabb után utolsó vagy vagyok valaki valami
        való van vannak velük vele vissza viszont volna volt voltak""",
    "ro": """a abia acea această aceasta acel aceea aceeași acei aceia acelea aceste acestea acestei acestor acestui acum
        adică ai aici al ale alt alta alte altele am apoi ar are aș așa asemenea asta astfel atât atunci au avea avem aveți
        avut azi bine că căci când care cărei căror cărui cât câteva ce cea ceea cei cel cele celor chiar ci cine cu cum
        da dacă dar dată de deci deja deoarece despre deși din dintre doar două după e ea ei el ele era erau este eu fără
        fi fie fiecare fiind foarte fost în înainte încă încât îi îl îmi împotriva însă între întru își iar la le lor lui
        mai mare mă mea mei mele mereu meu mi mult multe mulți ne nici niciodată nimeni nimic niște noastre noi noștri
        nostru nu o or ori oricare orice pe pentru peste până poate pot prea precum prin printre sa să sale sau său se
        sub sunt suntem spre și ta tău te toate tot toți totuși tu un una unde unei unele unii unor unui unul va vă vom
        vor voi vostru""",
    "hr": """a ako ali baš bez bi bih bila bile bili bilo bio biti bude bismo budu će ćemo da dakle dalje danas do dok dva
        ga gdje god i iako ih ili im inače ipak isto iz iza između ja je jedan jedna jedno jednom jer jesu još joj ju k
        kad kada kako kao kod koja koje kojeg kojem koji kojih kojim kojoj koju koliko kroz li me među meni mi mnogo moći
        mogu moj može možda mu na nad nakon nam nama nas naš naše ne neće nego neka neke neki nekoliko nema netko ni nije
        nisu ništa niti no njega njegov njegova njen njih njihov njoj o od odakle oko on ona onda oni ono osim ova ovaj
        ove ovi ovo ovog pa po pod pored posle prema prije pri protiv s sa sam samo se sebe si smo ste su svaki sve svi
        svoj svoje svojim svoju ta tada taj tako također tamo te tek ti tim to tog toga toj toliko tom tome tu u uvijek uz
        već vi više vrlo za zašto zato zbog""",
    "tr": """acaba ama amma ancak arada artık asla aslında aynı ayrıca az bana bazen bazı belki ben benden beni benim beri
        bile bir birçok biri birkaç birlikte biz bize bizim böyle böylece bu buna bunda bundan bunlar bunları bunların bunu
        bunun burada bütün çoğu çok çünkü da daha dahi de defa değil diğer diye doğru dolayı dolayısıyla edecek eden ederek
        edilen ediyor eğer en etmek etti ettiği fakat gibi göre hâlâ halen hangi hatta hem hemen henüz hep hepsi her
        herhangi herkes hiç hiçbir için içinde ile ilgili ise işte itibaren kadar karşı kendi kendine kendisi ki kim kimse
        mı mi mu mü nasıl ne neden nedenle nerede niçin niye o olan olarak oldu olduğu olduğunu olmak olması olmayan olsa
        olsun olup olur oluyor ona ondan onlar onların onu onun önce ötürü oysa öyle pek rağmen sadece sanki sen sizin
        siz sonra şey şimdi şöyle şu şunu tarafından tüm üzere var vardı ve veya ya yani yapan yaptığı yer yine yoksa
        yok zaten zira""",
    "ru": """а без более больше был была были было быть в вам вас ваш весь во вот впрочем все всегда всего всех вы где
        да даже для до другие другой его ее её ей ему если есть еще ещё же за здесь и из или им иногда их к каждый как
        какая какие какой когда конечно которая которого которой которые который которых кроме кто куда ли лишь лучше
        между меня мне много может можно мой моя мы на над надо наконец нам нас наш не него нее неё ней нельзя нет ни
        нибудь никогда ним них ничего но ну о об один она они оно опять от очень перед по под после потом потому почти
        поэтому при про раз разве с сам самый себе себя сейчас со собой среди свой свои своей своего своих свою сказал
        так такая также такие такой там те тебя тем теперь то тогда того тоже той только том тот тут ты у уже хорошо
        хотя чего чем через что чтоб чтобы чуть эта эти этим этих это этого этой этом этот эту я является""",
    "uk": """а але або б без більш більше був буде була були було бути в вам вас ваш ви від він вона вони воно все всі
        всіх всього вже втім де дещо для до доки ж за завжди зі з із й його її їй їм їх і інші інший інших коли
        кожен кожна краще крім куди лише між мене мені ми може можна мій на навіть над нам нас наш не нею неї ним ні ніж
        них ніколи нічого ну о об один однак оскільки ось особливо перед по під після потім при про проте раз саме
        свій свої своєї своїх свою себе сказав серед собі та так така також такий такі там те тебе тепер ти тим тих то
        тоді того той тому тут у уже хоча хто це цей ця цього цьому цю ці цих через чи чим чому ще що щоб щодо щось я
        як яка яке який яким яких які якої якщо є""",
    "bg": """а аз ако ала без беше би бил била били било близо бъде бяха в вас ваш все всеки всички всичко вече ви вие във
        върху го да дали дано два две до докато докога дори други е един една едни едно ето за зад заедно заради защо
        защото и из или им има имат иска й каза как каква какво както какъв като кога когато което които кой който колко
        която къде към ли между ме мен ми мнозина може мога моля му на над най нас наш не него неговите нейните нея ни
        ние никой нито но нея някои някой няма обаче около освен от отново още по под поне после почти преди през при
        пък с са сам само се си след сме според спрямо срещу сте съм със също така такава такива там твърде те тези ти
        тогава този той толкова точно три тук тъй тя тях у утре ще щом я""",
    "el": """αλλά αν ανά ανάμεσα αντί από αυτά αυτές αυτή αυτής αυτό αυτοί αυτός αυτού αυτών για γιατί δεν δηλαδή δύο
        εάν εγώ εδώ είναι είμαι είχαν είχε εκεί εκείνη εκείνο εκείνος εμείς ένα έναν ένας ενός ενώ επειδή επί επίσης έτσι
        έχει έχουν ή ήδη ήταν η θα ίδια ίδιο κάθε και κάποια κάποιο κάποιος κάτι κατά κι λόγω μα μας με μέσα μετά μεταξύ
        μέχρι μη μην μια μία μόνο μου μπορεί μπορούν να ναι ο οι όλα όλες όλη όλο όλοι όλους όμως όπου όπως ό,τι όταν ότι
        ούτε παρά παρόλο περίπου πιο ποια ποιο ποιος πολλά πολλές πολλοί πολύ πού που πριν προς πρέπει πως σαν σας σε
        σου στα στη στην στις στο στον στους συν τα τη την της τι τις το τον του τους τότε των ύστερα χωρίς ως ώστε""",
    "ar": """أحد إذ إذا أكثر ألا إلا إلى أم أما أمام أن إن أنا أنت أنه إنه أنها إنها أو أول أي أيضا أين أية بأن بعد
        بعض بل بها به بين بينما تحت تلك تم ثم ثلاثة جدا جميع حتى حول حيث حين خلال دون ذات ذلك سوف شيء ضد ضمن عام عبر
        عدة عدم عن عند عندما على عليه عليها غير فإن فقد فقط فكان في فيه فيها قال قبل قد كان كانت كل كما كم كيف لا لأن
        لدى لذلك لقد لك لكل لكن لكنه لم لماذا لن له لها لهذا لهم لو ليس ليست ما ماذا متى مثل مع مما من منذ منه منها
        نحن نحو نفس نفسه هذا هذه هل هم هنا هناك هو هؤلاء هي و وأن وإن وعلى وفي وقال وقد وكان وكانت ولا ولكن ولم وما ومن
        ومع وهذا وهذه وهو وهي يا يتم يجب يكون يمكن""",
    "fa": """از است اگر اما آن آنها این با باید بر برای بسیار بود بودند بین به تا چه چون خود در را شد شده که کرد کرده
        می ما من نمی نیز نیست هر هم همه های هست و ولی یا یک""",
    "he": """אבל או אולי אותה אותו אותם אז אחר אחרי אחת איך אין איפה אך אל אלא אלה אלו אם אנחנו אני אף אפשר את אתה אתם
        באמצע בגלל בו בין בכל בלי במקום במשך בעוד בפני בשל בתוך גם דרך הוא היא היה היו היום הייתה היתה הם הן הנה הרבה
        הרי ואת והוא והיא ולא זאת זה זו חייב יהיה יותר יחד יכול יכולה יכולים יש כאילו כאן כאשר כבר כדי כולל כי כך כל
        כלל כמה כמו כמעט כן כפי כש לא לאחר לאן להיות לו לי לידי לכן ללא למה לפי לפני מאד מאוד מאת מדוע מה מול מי מן
        מספיק מעל מפני מתי נגד עד עוד על עליה עליו עם עצמה עצמו פה פחות רק ש שאין שבו שבה שהוא שהיא שהם שוב של שלא
        שלה שלהם שלו שלי שלנו שם תחת תמיד תוך""",
    "ko": """가장 각 각각 거의 결국 곧 그 그것 그곳 그녀 그는 그대로 그들 그래서 그러나 그러면 그런 그런데 그럼 그렇게 그리고
        나 나는 내 너무 너 누구 다 다른 다시 다음 단지 당신 대한 대해 때 때문에 또 또는 또한 많은 많이 매우 먼저 모두 모든 무엇
        및 바로 반면 벌써 보다 비록 수 아니 아니라 아마 아주 아직 약 어느 어디 어떤 어떻게 언제 얼마나 없는 없다 없이 에서 여기
        여러 역시 오직 왜 우리 우리는 위한 위해 이 이것 이는 이런 이렇게 이를 이미 이번 이후 있는 있다 있었다 있으며 자신 잘 저
        저는 전 전혀 정도 제 좀 즉 지금 통해 특히 하고 하는 하다 하며 하지만 한 할 함께 해서 했다 혹은 후""",
}

# Where words are not set apart these are what stands between them.
_CJK = {
    # Characters that mostly carry grammar.
    "zh": "的了是在和与及或也都就而但不没有我你他她它们这那哪其之于以为被把让对从到向将还又再很更最吗呢吧啊着过地得个所者们會與這個們來為從對將還沒嗎麼么",
    # In Japanese all of hiragana does.
    "ja": "々",
}

STOPWORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _LISTS.items()}
STOP_CHARACTERS: dict[str, frozenset[str]] = {language: frozenset(signs) for language, signs in _CJK.items()}


def of(language: str) -> frozenset[str]:
    """The words of a language that carry no subject; none for one that there is no list of."""
    return STOPWORDS.get(language, frozenset())
