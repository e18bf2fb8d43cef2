"""singer-check-tap, less one mistake of its own.

singer-tools 0.4.1 looks for dates in every object that a schema foresees, also where the record has null in its place
and may have, and dies of it (AttributeError). Here it looks into objects only; all else is as it was released.
"""

import sys

from singertools import check_tap


def extend_with_default(validator_class):
    validator_class = released(validator_class)
    look = validator_class.VALIDATORS["properties"]

    def look_into_objects(validator, properties, instance, schema):
        return look(validator, properties, instance, schema) if isinstance(instance, dict) else ()

    return check_tap.validators.extend(validator_class, {"properties": look_into_objects})


released = check_tap.extend_with_default
check_tap.extend_with_default = extend_with_default
sys.exit(check_tap.main())
