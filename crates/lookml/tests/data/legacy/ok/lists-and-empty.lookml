- explore: a
  fields: [ALL_FIELDS*, -b.c]
  always_filter:
    a.date: 7 days
  access_filter_fields: [a.id]
  joins: []
- explore: b
  joins:
