---
- view: a
...
---
- explore: b
