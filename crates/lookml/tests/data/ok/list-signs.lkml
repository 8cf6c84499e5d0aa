fields: [a*, -x.y, +z, ALL_FIELDS*]
