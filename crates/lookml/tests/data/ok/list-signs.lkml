fields: [a*, -x.y, - x.y, +z, ALL_FIELDS*]
