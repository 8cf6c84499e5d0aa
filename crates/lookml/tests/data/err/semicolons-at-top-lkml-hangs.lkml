;;;
view: v {}
;
