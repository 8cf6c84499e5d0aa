label: £5
name: ﻉa
