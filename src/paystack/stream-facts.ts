/** What can be said of a stream: the columns of the table of streams. */
import type { Paging } from './paging.ts';

export interface ParentFacts {
  /** The stream whose records are visited, one list of children each. */
  readonly stream: string;
  /** Columns a child record gets from its parent: the child's column → the parent's field. */
  readonly carries: Readonly<Record<string, string>>;
}

export interface ChangeFacts {
  /** The stream whose record is changed. One of its records is fetched by its key, under the path of its list. */
  readonly stream: string;
  /** The column that holds the key of the changed record, or an object that has it as `id`. */
  readonly by: string;
}

export interface StreamFacts {
  /** What one record is, for the README's table and the catalog. */
  readonly holds: string;
  /** Path of the list. `{field}` is a field of the parent record. */
  readonly path: string;
  /** Primary key: canonical field names, see `catalogs/`. */
  readonly key: readonly [string, ...string[]];
  /** What columns of the key hold where a record has nothing for them: a key cannot be null. */
  readonly absentKeys?: Readonly<Record<string, string>>;
  /** Default: numbered. */
  readonly paging?: Paging;
  /** Field with the creation date; of a child, the column with that of its parent. */
  readonly created?: string;
  /** Field with the date of the last change, where the list has one. */
  readonly updated?: string;
  /** The list, or that of the parents, takes `from` and `to`: the stream can be INCREMENTAL on `created`. */
  readonly ranged?: true;
  /** `from` and `to` are asked for together. */
  readonly needsBothEnds?: boolean;
  /** Query parameters that every request of the list carries. */
  readonly query?: Readonly<Record<string, string>>;
  /** The list answers with 404 where there is nothing in it. */
  readonly emptyIs404?: true;
  /** The largest page the list is documented to give. Default: the `page_size` setting. */
  readonly maxPageSize?: number;
  /** Takes the records out of an answer whose `data` is no plain list of them. */
  readonly records?: (data: unknown) => unknown;
  /**
   * A feature that an integration may lack: a refusal of the very first request for its list means that there is nothing to
   * read. Inferred: no recorded answer shows it.
   */
  readonly optional?: true;
  /** One record is fetched under the path of the list by this field (documented). */
  readonly fetchedBy?: string;
  /** Set on a stream whose lists hang under the records of another. */
  readonly parent?: ParentFacts;
  /**
   * Values of `status` after which a record changes no more by itself (documented vocabularies). A record with any other is
   * open, and read again however old it is. Default: none is open.
   */
  readonly finalStatuses?: readonly string[];
  /**
   * Days after which an open record is taken for one that stays so, however far back open records are read. Set where a few
   * that are stuck for good would have very many others read again.
   */
  readonly maxOpenDays?: number;
  /** Set on a stream each of whose records changes one of another stream when it comes, or changes itself. */
  readonly changes?: ChangeFacts;
  /** False for what costs a request for each parent. Default: true. */
  readonly selectedByDefault?: false;
}
